/** Ends a run whose job has been cancelled, or belongs to somebody else. */
import type { AbortCode } from '../job-errors.ts'
import type { Run } from '../protocol/tenure.ts'
import type { Runtime } from './runtime.ts'

/** Abort the signal of a run. One that has not started never starts. */
export function abortRun({ pools, tell }: Runtime, run: Run, code: AbortCode): void {
  const { phase, tenure } = run
  if (phase !== 'unstarted') {
    pools.get(tenure)?.abort(run, code)

    return
  }
  // The row is not ours any more, so there is nothing to give back.
  tenure.release(run)
  tell(`queue/${tenure.queue}/producer`, { type: 'jobs.settled' })
}
