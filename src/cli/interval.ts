/** `--interval`, of commands that look again and again. */
import { UsageError, type OptionSpecs, type OptionValues } from './command.ts'

export const intervalOption = {
  interval: {
    type: 'string',
    value: 'seconds',
    description: 'time between two looks, 0.25 to 3600. Default: 1',
  },
} as const satisfies OptionSpecs

/**
 * @param given - with `watch`, of a command that looks once without it
 * @returns milliseconds
 * @throws {UsageError} when it is out of range, or there is nothing that would be done again
 */
export function readInterval(
  given: OptionValues<typeof intervalOption> & { readonly watch?: boolean },
): number {
  const { interval: text = '1' } = given
  const seconds = Number(text)
  if (!(seconds >= 0.25 && seconds <= 3_600)) {
    throw new UsageError(`--interval is 0.25 to 3600 seconds, not "${text}"`)
  }
  if (given.interval !== undefined && given.watch === undefined) {
    throw new UsageError('--interval is for --watch')
  }

  return seconds * 1_000
}
