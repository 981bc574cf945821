/** How somebody waits for the end of a job. */
import { ConfigError } from '../errors.ts'
import { type Duration, toMilliseconds } from '../period.ts'

export interface WaitOptions {
  /** Longest wait, as a duration; a bare number is refused. Default: 'infinity' */
  readonly timeout?: Duration | 'infinity' | undefined
  /** Ends the wait; the job goes on. */
  readonly signal?: AbortSignal | undefined
}

/** @throws {ConfigError} when it is no duration */
export function waitMs({ timeout = 'infinity' }: WaitOptions): number {
  const ms = toMilliseconds(timeout, 'timeout', { infinity: true })
  if (typeof ms !== 'number') throw new ConfigError([ms])

  return ms
}
