/** From the moment on at which a queue is to stop nothing of it begins any more. */
import type { Tenure } from '../../protocol/tenure.ts'
import { ThreadPool } from '../../threads/pool.ts'
import { currentTenure, type Runtime } from '../runtime.ts'

/**
 * Have a queue claim nothing more and give back what has not begun, so that only what runs is waited
 * for. Harmless when it is asked for again.
 *
 * @returns false when there is no producer that could say when nothing runs any more
 */
export function drain({ clock, pools, tell }: Runtime, tenure: Tenure): boolean {
  tenure.drainingSince ??= clock.now()
  const isTold = tell(`queue/${tenure.queue}/producer`, { type: 'drain' })
  const pool = pools.get(tenure)
  // What waits for a thread, or for one to come up, would begin within the grace.
  if (pool instanceof ThreadPool) pool.handBack()

  return isTold
}

/** The same for every queue, without waiting for what stops before them. */
export function drainAll(runtime: Runtime): void {
  for (const queue of runtime.queues.keys()) {
    const tenure = currentTenure(runtime, queue)
    if (tenure) drain(runtime, tenure)
  }
}
