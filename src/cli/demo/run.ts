/** One run of the demo: the database, the tree on it, the jobs, and the way back out of all of it. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connectClient, hidePassword } from '../../engine/client.ts'
import { install } from '../../engine/migrator.ts'
import type { Db } from '../../engine/query.ts'
import { cancelTaggedJobs } from '../../engine/tagged-jobs.ts'
import { Oban } from '../../oban.ts'
import { InterruptedError } from '../command.ts'
import type { CommandDatabase } from '../database.ts'
import type { Interruption } from '../interruption.ts'
import type { Paint } from '../paint.ts'
import type { Progress } from '../progress.ts'
import { plural } from '../quantity.ts'
import { demoFolder } from './folder.ts'
import { narrate } from './narrator.ts'
import { perform, type Stage } from './perform.ts'
import { Scaler, scaledWords, type ScalerOptions } from './scaler.ts'
import type { ShownDatabase } from './screen.ts'
import { createUsers } from './sign-up.ts'
import { countWaiting, type RunSummary } from './summary.ts'
import { witness } from './witness.ts'

const names = ['scan', 'digest', 'welcome-email', 'flaky', 'reminder', 'chaos', 'bystander']
const workers = names.map((name) => new URL(`./workers/${name}.js`, import.meta.url))

/** What a thread of the chaos may hold: little, as one of its jobs fills it up. */
const CHAOS_MB = 64

const queues = {
  default: { limit: 10, execution: 'inline' },
  files: { limit: 60, threads: 2 },
  mail: { limit: 5 },
  chaos: { limit: 8, threads: 2, resourceLimits: { maxOldGenerationSizeMb: CHAOS_MB } },
} as const

export interface RunOptions {
  readonly prefix: string
  /** Whether the tree runs on after the report, until it is interrupted. */
  readonly afterwards: 'keep' | 'stop'
  readonly roots: readonly string[]
  readonly paint: Paint
  readonly progress: Progress
  readonly interruption: Interruption
  /** Opens the database, with lines about what that takes. */
  readonly open: (warn: (line: string) => void) => Promise<CommandDatabase>
  /** The run is over; while the tree is kept, before its end. */
  readonly onSummary: (summary: RunSummary, database: ShownDatabase) => void
}

/**
 * Bring the database up, do the run, and leave the database as it was found: running, or stopped with
 * its data kept.
 */
export async function runDemo(options: RunOptions): Promise<RunSummary> {
  const { afterwards, interruption, onSummary, open, progress } = options
  const lines: string[] = []
  progress.update('looking for a database')
  const database = await open((line) => lines.push(line))
  const shown = { url: hidePassword(database.url), dataDir: database.dataDir }
  let summary: RunSummary
  let isRunning = true
  try {
    for (const line of lines) progress.done(line)
    interruption.signal.throwIfAborted()
    summary = await runOn(database, options)
    progress.update('stopping')
  } finally {
    isRunning = await database.stop()
  }
  if (afterwards === 'stop') onSummary(summary, { ...shown, isRunning })

  return summary
}

async function runOn(database: CommandDatabase, options: RunOptions): Promise<RunSummary> {
  const { interruption, paint, prefix, progress, roots } = options
  const { url, dataDir } = database
  const run = `demo-${randomBytes(4).toString('hex')}`
  const client = await connectClient(url, { role: 'demo' })
  const db: Db = { client, prefix, named: false }
  try {
    const folder = await demoFolder(dataDir, (line) => {
      progress.warn(line)
    })
    const { applied } = await install(client, { prefix })
    await createUsers(client, prefix)
    progress.done(applied.length === 0 ? 'schema is there' : `installed ${applied.join(', ')}`)
    const waiting = await countWaiting(db, Object.keys(queues))
    if (waiting > 0) progress.warn(`${plural(waiting, 'job')} wait from before, and go first`)

    const { signal } = interruption
    const stage = { db, client, run, roots, folder, paint, progress, signal }

    return await runTree(url, stage, (summary, lost) =>
      options.afterwards === 'keep' ? keep(database, options, summary, lost) : undefined,
    )
  } catch (error) {
    if (interruption.signal.aborted) {
      // Nobody waits for them any more, and the next run would have to do them first.
      const cancelled = await cancelTaggedJobs(db, run)
      progress.warn(`cancelled ${plural(cancelled.length, 'job')} that had not begun`)
    }
    throw error
  } finally {
    await client.end()
  }
}

type Afterwards = (summary: RunSummary, lost: AbortSignal) => Promise<void> | undefined

/** Start the tree, have it do the run, and stop it after what comes afterwards. */
async function runTree(
  url: string,
  means: Omit<Stage, 'narrator' | 'oban' | 'scaler' | 'seen'>,
  afterwards: Afterwards,
): Promise<RunSummary> {
  const { db, run, progress } = means
  const gaveUp = new AbortController()
  const signal = AbortSignal.any([means.signal, gaveUp.signal])
  progress.update('starting the tree')
  await using oban = new Oban({
    database: url,
    prefix: db.prefix,
    workers,
    queues,
    stager: { interval: { milliseconds: 200 } },
    shutdownGracePeriod: { seconds: 3 },
    // What deserves a line is told by the narrator.
    logger: false,
    onFatal: (error) => {
      gaveUp.abort(error)
    },
  })
  const narrator = narrate(run, progress)
  const seen = witness('chaos')
  const onScaled: ScalerOptions['onScaled'] = (scaled) => {
    progress.done(`scaled ${scaledWords(scaled)}`)
  }
  const scaler = new Scaler({ oban, run, onScaled })
  try {
    await oban.start()
    progress.done(`started ${plural(Object.keys(queues).length, 'queue')}, run ${run}`)
    const summary = await perform({ ...means, oban, narrator, scaler, seen, signal })
    await afterwards(summary, signal)

    return summary
  } finally {
    scaler.dispose()
    seen.dispose()
    narrator.dispose()
    // A queue that stops cannot be asked any more.
    progress.show(() => [])
  }
}

/** Tell of the run while the tree goes on, and wait until it is interrupted. */
async function keep(
  { url, dataDir }: CommandDatabase,
  { onSummary, progress }: RunOptions,
  summary: RunSummary,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  onSummary(summary, { url: hidePassword(url), dataDir, isRunning: true })
  progress.update('running until Ctrl-C')
  await once(signal, 'abort')
  // The end that was asked for is a good one; that of a tree which gave up is not.
  if (!(signal.reason instanceof InterruptedError)) throw signal.reason
}
