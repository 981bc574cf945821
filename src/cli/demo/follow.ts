/** Watches the jobs of a run in the database until all have ended, on whatever node they run. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from '../../engine/query.ts'
import { countTaggedJobs, type Tagged } from '../../engine/tagged-jobs.ts'
import { endStates } from '../../job.ts'
import type { Standing } from './view.ts'

const LOOK_MS = 150
/** Looking takes at most a tenth of the time: with very many jobs it is not free. */
const LOOK_SHARE = 10
const STALLED_MS = 60_000

/** How the jobs of the run stand. */
export interface Standings {
  readonly byQueue: ReadonlyMap<string, Standing>
  readonly byWorker: ReadonlyMap<string, Standing>
}

export interface FollowOptions {
  readonly db: Db
  readonly tagged: Tagged
  readonly signal: AbortSignal
  /** Grows with each job that this node ends: older ones may have to go first. */
  readonly activity: () => number
  readonly onStandings: (standings: Standings) => void
}

/** Thrown when nothing has ended for a minute. */
export class StalledError extends Error {
  override readonly name = 'StalledError'

  constructor(open: readonly string[]) {
    super(`no job has ended for ${STALLED_MS / 1_000} seconds, and there are: ${open.join(', ')}`)
  }
}

interface Look {
  readonly standings: Standings
  /** In words: `2 executing Digest`. */
  readonly open: readonly string[]
}

function add(
  standings: Map<string, Standing>,
  name: string,
  jobs: number,
  haveEnded: boolean,
): void {
  const { total, ended } = standings.get(name) ?? { total: 0, ended: 0 }
  standings.set(name, { total: total + jobs, ended: ended + (haveEnded ? jobs : 0) })
}

async function look({ db, tagged }: FollowOptions): Promise<Look> {
  const byQueue = new Map<string, Standing>()
  const byWorker = new Map<string, Standing>()
  const open: string[] = []
  for (const { queue, worker, state, count } of await countTaggedJobs(db, ...tagged)) {
    const ended = endStates.includes(state)
    if (!ended) open.push(`${count} ${state} ${worker}`)
    add(byQueue, queue, Number(count), ended)
    add(byWorker, worker, Number(count), ended)
  }

  return { standings: { byQueue, byWorker }, open }
}

/**
 * @throws {StalledError} when nothing ends any more
 * @throws the signal's reason when it is aborted
 */
export async function follow(options: FollowOptions): Promise<void> {
  let seen = ''
  let changedAtMs = performance.now()
  for (;;) {
    options.signal.throwIfAborted()
    const askedAtMs = performance.now()
    const { standings, open } = await look(options)
    options.onStandings(standings)
    if (open.length === 0) return

    const nowMs = performance.now()
    const now = `${options.activity()} ${open.join()}`
    if (now !== seen) changedAtMs = nowMs
    else if (nowMs - changedAtMs > STALLED_MS) throw new StalledError(open)
    seen = now
    await rest(Math.max(LOOK_MS, LOOK_SHARE * (nowMs - askedAtMs)), options.signal)
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal })
  } catch (error) {
    // The timer's own error hides why the signal was aborted.
    signal.throwIfAborted()
    throw error
  }
}
