/** The run itself: enqueue, sign up, wait for all of it, look at what came of it. */
import type { Client } from 'pg'
import type { Db } from '../../engine/query.ts'
import type { Tagged } from '../../engine/tagged-jobs.ts'
import type { Oban } from '../../oban.ts'
import type { Progress } from '../progress.ts'
import type { Paint } from '../paint.ts'
import { count, plural } from '../quantity.ts'
import { chaosJobs } from './chaos.ts'
import type { DemoFolder } from './folder.ts'
import { follow, type Standings } from './follow.ts'
import type { Narrator } from './narrator.ts'
import { PaymentRefusedError, signUp } from './sign-up.ts'
import type { Scaler } from './scaler.ts'
import { summarize, type RunSummary } from './summary.ts'
import { drawView, type Standing } from './view.ts'
import type { Witness } from './witness.ts'
import { Digest } from './workers/digest.ts'
import { Flaky } from './workers/flaky.ts'
import { Reminder } from './workers/reminder.ts'
import { Scan } from './workers/scan.ts'

export interface Stage {
  readonly oban: Oban
  /** A connection of the demo's own, as an application would have one. */
  readonly client: Client
  /** The same connection, for the statements of the library. */
  readonly db: Db
  /** Tags every job of this run. */
  readonly run: string
  readonly roots: readonly string[]
  readonly folder: DemoFolder
  readonly progress: Progress
  readonly paint: Paint
  readonly narrator: Narrator
  readonly seen: Witness
  readonly scaler: Scaler
  readonly signal: AbortSignal
}

const REMIND_IN_SECONDS = 2

/** Returns the id of the first job: the others of the run have higher ones. */
async function enqueueJobs({ oban, run, roots, folder, progress }: Stage): Promise<number> {
  const tags = [run]
  const scan = await Scan.enqueue({ roots: [...roots], leaveOut: folder.home }, { tags })
  await Reminder.enqueue({}, { tags, scheduleIn: REMIND_IN_SECONDS })
  await Flaky.enqueue({}, { tags })
  progress.done(
    `enqueued Scan of ${plural(roots.length, 'path')}, Flaky, and Reminder in ${REMIND_IN_SECONDS} s`,
  )
  const chaos = await oban.enqueueMany(chaosJobs(run))
  progress.done(`enqueued ${plural(chaos.length, 'job')} of chaos: four end their thread`)

  return scan.id
}

/** Returns how many were rolled back. */
async function signUpUsers({ client, db, run, folder, progress }: Stage): Promise<number> {
  const { outbox } = folder
  const { prefix } = db
  const address = (name: string) => `${name}.${run}@example.com`
  const ada = { run, outbox, name: 'Ada Lovelace', address: address('ada') }
  await signUp(client, prefix, ada, () => {})
  progress.done(`${ada.name} signed up: user and WelcomeEmail committed together`)

  const charles = { run, outbox, name: 'Charles Babbage', address: address('charles') }
  try {
    await signUp(client, prefix, charles, () => {
      throw new PaymentRefusedError(charles.name)
    })
  } catch (error) {
    if (!(error instanceof PaymentRefusedError)) throw error
    progress.done(`${error.message}: user and WelcomeEmail rolled back`)

    return 1
  }

  return 0
}

/** What goes on, in words; the view has the numbers of each queue. */
function describe({ byWorker }: Standings): string {
  const none: Standing = { total: 0, ended: 0 }
  const files = byWorker.get(Digest.name) ?? none
  const others = [...byWorker].filter(([worker]) => worker !== Digest.name)
  const open = others.filter(([, { total, ended }]) => ended < total).map(([worker]) => worker)
  const digests = `${count(files.ended)}/${count(files.total)} files`

  return open.length === 0 ? digests : `${digests} · waiting for ${open.join(', ')}`
}

/**
 * @throws {StalledError} when jobs do not end
 * @throws the signal's reason when it is aborted
 */
export async function perform(stage: Stage): Promise<RunSummary> {
  const { client, db, run, roots, folder, narrator, oban, paint, progress, scaler, seen } = stage
  const { signal } = stage
  signal.throwIfAborted()
  let byQueue: Standings['byQueue'] = new Map()
  progress.show((columns) =>
    drawView({ queues: oban.checkAllQueues(), standings: byQueue }, columns, paint),
  )
  progress.update('enqueueing')
  const firstId = await enqueueJobs(stage)
  signal.throwIfAborted()
  const rolledBack = await signUpUsers(stage)

  const tagged: Tagged = [run, String(firstId)]
  await follow({
    db,
    tagged,
    signal,
    activity: () => narrator.ended,
    onStandings: (standings) => {
      byQueue = standings.byQueue
      progress.update(describe(standings))
      scaler.look(standings)
    },
  })
  const summary = await summarize({
    db,
    client,
    tagged,
    roots,
    folder,
    rolledBack,
    seen,
    scaled: await scaler.scaled(),
    tree: oban.snapshot(),
  })
  progress.done(`digested ${plural(summary.totals.files, 'file')}, and collected the results`)

  return summary
}
