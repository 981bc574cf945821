/**
 * Matchers for `expect`, of vitest and of jest. They are plain functions of neither, so that who imports
 * them decides: `expect.extend(matchers)`.
 */
import { InvalidFilterError } from '../management-errors.ts'
import type { Job, JobState } from '../job.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import { shown } from '../shown.ts'
import { type AnyWorker, isWorker } from '../worker/definition.ts'
import type { NamedWorker } from '../worker/inference.ts'
import { absence, presence } from './findings.ts'
import type { Expectation } from './expectation.ts'
import { failureLines, indented, nameOfJob, standing } from './job-text.ts'
import { type EventuallyOptions, readQuestion, search } from './question.ts'

/** What vitest and jest take as the result of a matcher. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
  readonly expected?: unknown
  readonly actual?: unknown
}

/** What they give it. */
interface MatcherContext {
  readonly isNot?: boolean
}

type MatcherOptions = Omit<EventuallyOptions, 'oban'>

/** The calls, for the declarations of vitest and jest; `Result` is what theirs return. */
export interface ObanMatchers<Result = unknown> {
  /**
   * Assert that a job was enqueued on an instance, or with `.not` that none was; to be awaited.
   *
   * @example
   * ```ts
   * await expect(oban).toHaveEnqueued(Resize, { args: { path: 'a.png' } })
   * await expect(oban).not.toHaveEnqueued({ queue: 'media' }, { timeout: { milliseconds: 100 } })
   * ```
   *
   * @param expectation - what the job has beside its worker. Default: anything
   */
  toHaveEnqueued<Named extends AnyWorker>(
    worker: Named,
    expectation?: Omit<Expectation<Named>, 'worker'>,
    options?: MatcherOptions,
  ): Promise<Result>
  toHaveEnqueued<Named extends AnyWorker = NamedWorker>(
    expectation: Expectation<Named>,
    options?: MatcherOptions,
  ): Promise<Result>

  /**
   * Assert the state of a job that was read; a failure shows why its attempts have failed.
   *
   * @example
   * ```ts
   * expect(await oban.getJob(id)).toBeInState('completed')
   * ```
   */
  toBeInState(...states: readonly [JobState, ...JobState[]]): Result
}

/** Both ways to call it as one: the second argument is that of a worker, or the options. */
function readCall(
  first: AnyWorker | Expectation<AnyWorker>,
  second: object = {},
  third?: MatcherOptions,
): readonly [Expectation<AnyWorker>, MatcherOptions] {
  if (!isWorker(first)) return [first, second]
  if ('worker' in second) {
    const message = `is ${first.name} already; leave it out of the expectation`
    throw new InvalidFilterError([{ path: 'worker', message }])
  }

  return [{ ...second, worker: first.name }, third ?? {}]
}

async function toHaveEnqueued(
  this: MatcherContext,
  received: Enqueuer | string,
  first: AnyWorker | Expectation<AnyWorker>,
  second?: object,
  third?: MatcherOptions,
): Promise<MatcherResult> {
  const [expectation, options] = readCall(first, second, third)
  const question = readQuestion(expectation, { ...options, oban: received })
  const found = await search(question)
  const pass = found !== undefined
  // What is said of a success nobody reads.
  if (pass !== (this.isNot ?? false)) return { pass, message: () => '' }
  const { message, expected, actual } = pass
    ? await presence(question, found)
    : await absence(question)

  return { pass, message: () => message, expected, actual }
}

function isJob(value: unknown): value is Job<unknown> {
  return typeof value === 'object' && value !== null && 'state' in value && 'errors' in value
}

function toBeInState(received: unknown, ...states: readonly JobState[]): MatcherResult {
  const wanted = states.join(' or ')
  if (!isJob(received)) {
    const message = () => `expected a job that is ${wanted}, got ${shown(received)}`

    return { pass: false, message }
  }
  const lines = indented(failureLines(received))
  const what = [`${nameOfJob(received)} is ${standing(received)}`, ...lines].join('\n')
  const pass = states.includes(received.state)

  return {
    pass,
    message: () => `expected a job that is ${pass ? 'not ' : ''}${wanted}, but ${what}`,
    expected: wanted,
    actual: received.state,
  }
}

/**
 * What `oban-ts` adds to `expect`.
 *
 * @example
 * ```ts
 * expect.extend(matchers)
 * await expect(oban).toHaveEnqueued(Resize, { args: { path: 'a.png' } })
 * ```
 */
export const matchers = { toHaveEnqueued, toBeInState }
