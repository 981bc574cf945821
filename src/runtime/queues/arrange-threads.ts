/** How the number of a queue's threads changes while they run. */
import {
  deleteChild,
  startChild,
  terminateChild,
  whichChildren,
  type SupervisorRef,
} from '../../../supervisors/index.ts'
import { ThreadPool } from '../../threads/pool.ts'
import { reportFailure } from '../report.ts'
import { currentTenure, queueSettings, type Runtime } from '../runtime.ts'
import { idOf, threadChild, type Place } from './threads.ts'
import { unlessGone } from '../unless-gone.ts'

/**
 * Bring the threads of a queue to the number that was set: new ones take jobs at once, and of too many
 * the least loaded take no more and go when they are empty. A pool that is away, or goes meanwhile,
 * starts again with that number by itself.
 */
export async function arrangeThreads(runtime: Runtime, queue: string): Promise<void> {
  const tenure = currentTenure(runtime, queue)
  const pool = tenure && runtime.pools.get(tenure)
  const supervisor = runtime.whereis(`queue/${queue}/pool`)
  if (tenure === undefined || supervisor === undefined || !(pool instanceof ThreadPool)) return
  const wanted = queueSettings(runtime, queue).threads
  const present = whichChildren(supervisor).map(({ id }) => Number(id.replace('thread/', '')))
  const staying = present.filter((thread) => !pool.isRetiring(thread))
  // Those that were to go are there already, and may be up.
  for (const thread of present.filter((each) => pool.isEmptying(each))) {
    if (staying.length >= wanted) break
    pool.keep(thread)
    staying.push(thread)
  }
  for (const thread of leastLoaded(pool, staying).slice(0, Math.max(0, staying.length - wanted))) {
    pool.retire(thread, () => {
      void remove(runtime, supervisor, { tenure, pool, thread })
    })
  }
  const starts: Promise<unknown>[] = []
  for (let thread = 1; staying.length + starts.length < wanted; thread += 1) {
    if (present.includes(thread)) continue
    starts.push(startChild(supervisor, threadChild(runtime, { tenure, pool, thread })))
  }
  await unlessGone(Promise.all(starts))
}

/** Those that are not even there first, and of equals the last. */
function leastLoaded(pool: ThreadPool, threads: readonly number[]): number[] {
  const loads = new Map(pool.threads().map(({ thread, running }) => [thread, running.length]))

  return threads.toSorted((a, b) => (loads.get(a) ?? -1) - (loads.get(b) ?? -1) || b - a)
}

/** Nobody waits for it: what goes wrong is told like a failure in the background. */
async function remove(runtime: Runtime, supervisor: SupervisorRef, place: Place): Promise<void> {
  const { pool, tenure, thread } = place
  try {
    await unlessGone(terminateChild(supervisor, idOf(thread)))
    await unlessGone(deleteChild(supervisor, idOf(thread)))
  } catch (error) {
    reportFailure(runtime.origin, `queue/${tenure.queue}/pool`, error)
  }
  pool.keep(thread)
}
