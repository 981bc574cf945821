/** Testing modes for a piece of a test: for the functions that it calls, and nobody beside it. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { ConfigError, type Problem } from '../errors.ts'
import { checkOptions } from '../job/call-options.ts'
import { shareTestingScopes } from '../registry.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'
import { testingModes, type TestingMode, type TestingScope } from '../testing-mode.ts'

export interface TestingModeOptions {
  /**
   * In mode 'inline': `enqueue` answers a job that failed as `retryable` or `discarded`, with its
   * `errors`; false throws what the body threw. Default: false
   */
  readonly withSafety?: boolean | undefined
}

const scopes = shareTestingScopes(() => new AsyncLocalStorage<TestingScope>())

function modeProblem(mode: unknown): Problem | undefined {
  if (testingModes.some((known) => known === mode)) return undefined
  const message = `must be 'inline', 'manual' or 'disabled', got ${shown(mode)}`
  const suggestion = typeof mode === 'string' ? nearest(mode, testingModes) : undefined

  return { path: 'mode', message, ...(suggestion !== undefined && { suggestion }) }
}

/**
 * Run a function, and all that it calls, in a testing mode, whatever the instances say that it uses.
 *
 * `inline`: each job runs in the call that enqueues it, scheduled or not, and is stored nowhere.
 * `manual`: jobs are stored, and nothing that is started in it runs them; `drainQueue()` does.
 * `disabled`: as in production. Tests beside it do not notice, also those that run at the same time.
 *
 * @example
 * ```ts
 * const job = await withTestingMode('inline', () => Greet.enqueue({ name: 'Ada' }))
 * job.state // => 'completed'
 * ```
 *
 * @returns what the function returns
 * @throws {ConfigError} when the mode or an option does not exist
 * @throws {unknown} what the function throws
 * @see https://hexdocs.pm/oban/Oban.Testing.html#with_testing_mode/2
 */
export function withTestingMode<Result>(
  mode: TestingMode,
  code: () => Result,
  options: TestingModeOptions = {},
): Result {
  const problem = modeProblem(mode)
  if (problem) throw new ConfigError([problem])
  if (typeof code !== 'function') {
    const message = `must be a function to run in mode '${mode}', got ${shown(code)}`
    throw new ConfigError([{ path: 'code', message }])
  }
  checkOptions(options, ['withSafety'])
  const { withSafety = false } = options

  return scopes.run({ mode, isSafe: withSafety }, code)
}
