/** Which job the code that runs now belongs to. */
import { AsyncLocalStorage } from 'node:async_hooks'

/** The token of the job whose body, timer or callback is being run. */
export const currentToken = new AsyncLocalStorage<number>()

/** Whether this code belongs to a job. */
export function isExecuting(): boolean {
  return currentToken.getStore() !== undefined
}
