/** `oban demo`: real work on real files, from an empty folder to a report, with nothing to set up. */
import { randomBytes } from 'node:crypto'
import { connectClient, hidePassword } from '../engine/client.ts'
import { install } from '../engine/migrator.ts'
import type { Db } from '../engine/query.ts'
import { cancelTaggedJobs } from '../engine/tagged-jobs.ts'
import { Oban } from '../oban.ts'
import { defineCommand, type Context, type OptionSpecs } from './command.ts'
import { databaseOptions, resolveDatabase, type CommandDatabase } from './database.ts'
import { demoFolder } from './demo/folder.ts'
import { narrate } from './demo/narrator.ts'
import { perform, type Stage } from './demo/perform.ts'
import { resolveRoots } from './demo/roots.ts'
import { drawScreen, type ShownDatabase } from './demo/screen.ts'
import { createUsers } from './demo/sign-up.ts'
import { countWaiting, type RunSummary } from './demo/summary.ts'
import { listenForSignals, type Interruption } from './interruption.ts'
import { paintFor } from './paint.ts'
import { openProgress, type Progress } from './progress.ts'
import { plural } from './quantity.ts'

const options = {
  ...databaseOptions,
  'keep-server': { type: 'boolean', description: 'leave the embedded server running, to look at' },
  json: { type: 'boolean', description: 'print a summary as JSON, in the last line' },
} as const satisfies OptionSpecs

type DemoContext = Context<typeof options>

const workers = ['scan', 'digest', 'welcome-email', 'flaky', 'reminder'].map(
  (name) => new URL(`./demo/workers/${name}.js`, import.meta.url),
)

const queues = {
  default: { limit: 10, execution: 'inline' },
  files: { limit: 60, threads: 2 },
  mail: { limit: 5 },
} as const

export const demoCommand = defineCommand({
  name: 'demo',
  summary: 'run every kind of job on your files; unreadable ones are reported, not fatal',
  options,
  operands: { usage: '[path…]', description: 'files and folders. Default: those of oban-ts' },

  async run(context) {
    const { env, options: given, operands, print } = context
    const roots = resolveRoots(operands)
    const stream = process.stdout
    const paint = paintFor(stream.isTTY, env)
    const progress = await openProgress({ stream, print, paint })
    const interruption = listenForSignals(() => {
      progress.warn('stopping: running jobs may finish (once more ends at once)')
    })
    try {
      const { summary, database } = await runIn(context, { roots, progress, interruption })
      progress.stop()
      // Counted from the start of the process, as whoever waits for it does.
      const durationMs = Math.round(performance.now())
      print(drawScreen({ summary, instance: 'Oban', database, durationMs, paint }))
      if (given.json) print(JSON.stringify(machineReadable(summary, database, durationMs)))
      if (summary.problems.length > 0)
        throw new Error(`not as expected: ${summary.problems.join()}`)
    } finally {
      progress.stop()
      interruption.dispose()
    }
  },
})

interface Means {
  readonly roots: readonly string[]
  readonly progress: Progress
  readonly interruption: Interruption
}

/** Bring the database up, and leave it as it was found: running, or stopped with its data kept. */
async function runIn(
  context: DemoContext,
  means: Means,
): Promise<{ readonly summary: RunSummary; readonly database: ShownDatabase }> {
  const { progress, interruption } = means
  const { env, options: given } = context
  const lines: string[] = []
  progress.update('looking for a database')
  const database = await resolveDatabase({ env, options: given, warn: (line) => lines.push(line) })
  const { url, dataDir } = database
  let summary: RunSummary
  let isRunning = true
  try {
    for (const line of lines) progress.done(line)
    interruption.signal.throwIfAborted()
    summary = await runOn(database, context, means)
    progress.update('stopping')
  } finally {
    if (!given['keep-server']) isRunning = await database.stop()
  }

  return { summary, database: { url: hidePassword(url), dataDir, isRunning } }
}

async function runOn(
  { url, dataDir }: CommandDatabase,
  { options: { prefix = 'public' } }: DemoContext,
  { roots, progress, interruption }: Means,
): Promise<RunSummary> {
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
    return await runTree(url, { db, client, run, roots, folder, progress, signal })
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

/** Start the tree, have it do the run, and stop it. */
async function runTree(url: string, means: Omit<Stage, 'narrator' | 'oban'>): Promise<RunSummary> {
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
  try {
    await oban.start()
    progress.done(`started ${plural(Object.keys(queues).length, 'queue')}, run ${run}`)

    return await perform({ ...means, oban, narrator, signal })
  } finally {
    narrator.dispose()
  }
}

/** What `--json` prints. */
function machineReadable(
  summary: RunSummary,
  { url, dataDir, isRunning }: ShownDatabase,
  durationMs: number,
) {
  const { problems, run, totals, unreadable, allJobs: _, ...rest } = summary
  const { files, bytes, lines, words, gzipBytes } = totals

  return {
    ok: problems.length === 0,
    problems,
    durationMs,
    database: url,
    dataDir,
    isRunning,
    run,
    files,
    bytes,
    lines,
    words,
    gzipBytes,
    unreadable: unreadable.length,
    ...rest,
  }
}
