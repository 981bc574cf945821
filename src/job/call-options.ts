/**
 * What calls take beside what they are about. A name that is not known is refused: with a slip in `client`
 * the call would run outside of the caller's transaction, with one in `timeout` it would wait for ever.
 */
import { ConfigError } from '../errors.ts'
import { shown } from '../shown.ts'
import { orRefuse, UNREADABLE } from '../unreadable.ts'
import { unknownKeyProblems } from './fields.ts'
import { isJsonObject } from './json.ts'
import type { QueryClient } from './query-client.ts'

function refuse(message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path: 'options', message }], { cause })
}

/**
 * The options themselves, as their client may be a member that they inherit.
 *
 * @throws {ConfigError} when they are no object, or cannot be read
 */
export function objectOf<Options>(options: Options): Options & object {
  const members = orRefuse(
    () => (isJsonObject(options) ? { ...options } : undefined),
    (cause) => refuse(UNREADABLE, cause),
  )
  if (members === undefined) throw refuse(`must be an object, got ${shown(options)}`)

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has members
  return options as Options & object
}

/** @throws {ConfigError} when it is no object, cannot be read, or has other members than these */
export function checkOptions<Options>(options: Options, known: readonly string[]): Options {
  const problems = unknownKeyProblems(objectOf(options), known)
  if (problems.length > 0) throw new ConfigError(problems)

  return options
}

/**
 * The client of a call that takes nothing else.
 *
 * @throws {ConfigError} when there are other options, or none can be read
 */
export function clientOf(
  options: { readonly client?: QueryClient | undefined } = {},
): QueryClient | undefined {
  return checkOptions(options, ['client']).client
}
