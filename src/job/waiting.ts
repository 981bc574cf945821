/** How somebody waits for the end of a job. */
import { hasMethods } from '../adapters/refusal.ts'
import { ConfigError } from '../errors.ts'
import { type Duration, toMilliseconds } from '../period.ts'
import { shown } from '../shown.ts'
import { checkOptions } from './call-options.ts'

export interface WaitOptions {
  /** Longest wait, as a duration; a bare number is refused. Default: 'infinity' */
  readonly timeout?: Duration | 'infinity' | undefined
  /** Ends the wait; the job goes on. */
  readonly signal?: AbortSignal | undefined
}

/** @throws {ConfigError} when an option is unknown, or is not what it has to be */
export function waitMs(options: WaitOptions): number {
  const { timeout = 'infinity', signal } = checkOptions(options, ['signal', 'timeout'])
  if (signal !== undefined && !hasMethods(signal, ['addEventListener', 'throwIfAborted'])) {
    const message = `must be an AbortSignal, got ${shown(signal)}`
    throw new ConfigError([{ path: 'signal', message }])
  }
  const ms = toMilliseconds(timeout, 'timeout', { infinity: true })
  if (typeof ms !== 'number') throw new ConfigError([ms])

  return ms
}
