/** Which job the code that runs now belongs to. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import type { JobMessage } from './protocol.ts'

/** The job whose body, timer or callback is being run; timers may outlive the job. */
const current = new AsyncLocalStorage<JobMessage>()

type OnTurn = (token: number | undefined) => void

let onTurn: OnTurn | undefined

/** Run code, and all that it ever starts, as part of a job. */
export function runAs<Result>(job: JobMessage, code: () => Result): Result {
  // What runs before the first turn of the loop is no turn of its own.
  onTurn?.(job.token)

  return current.run(job, code)
}

/** The job at work, if it is one's. */
export function currentJob(): JobMessage | undefined {
  return current.getStore()
}

/** Whether this code belongs to a job. */
export function isExecuting(): boolean {
  return currentJob() !== undefined
}

/**
 * Hear at each turn of this thread's loop whose it is, from now on. Costs 0.1 to 0.3 us for each
 * callback and each `await`: only where several jobs share the thread.
 */
export function traceTurns(listener: OnTurn): void {
  onTurn = listener
  createHook({
    before: () => {
      listener(currentJob()?.token)
    },
  }).enable()
}
