/**
 * What calls take beside what they are about. A name that is not known is refused: with a slip in `client`
 * the call would run outside of the caller's transaction, with one in `timeout` it would wait for ever.
 */
import { ConfigError } from '../errors.ts'
import { shown } from '../shown.ts'
import { unknownKeyProblems } from './fields.ts'
import { isJsonObject } from './json.ts'
import type { QueryClient } from './query-client.ts'

/** @throws {ConfigError} when it is no object */
export function objectOf(options: unknown): object {
  if (isJsonObject(options)) return options
  throw new ConfigError([{ path: 'options', message: `must be an object, got ${shown(options)}` }])
}

/** @throws {ConfigError} when it is no object, or has other members than these */
export function checkOptions(options: unknown, known: readonly string[]): void {
  const problems = unknownKeyProblems(objectOf(options), known)
  if (problems.length > 0) throw new ConfigError(problems)
}

/**
 * The client of a call that takes nothing else.
 *
 * @throws {ConfigError} when there are other options, or none can be read
 */
export function clientOf(
  options: { readonly client?: QueryClient | undefined } = {},
): QueryClient | undefined {
  checkOptions(options, ['client'])

  return options.client
}
