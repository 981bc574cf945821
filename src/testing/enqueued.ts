/**
 * Assertions about jobs that were enqueued. They look at what is stored and has yet to run, and so are
 * for tests in which no queue takes the jobs away: in testing mode `manual`, or without `start()`.
 */
import type { AnyWorker } from '../worker/definition.ts'
import type { JobOf, NamedWorker } from '../worker/inference.ts'
import { absence, presence } from './findings.ts'
import { Caller } from './assertion-error.ts'
import type { Expectation } from './expectation.ts'
import { readQuestion, search, searchAll } from './question.ts'
import type { EnqueuedOptions, EventuallyOptions } from './question.ts'

/**
 * Assert that a job was enqueued, or is within `timeout`. The newest one that fits is returned.
 *
 * @example
 * ```ts
 * await assertEnqueued({ worker: Resize, args: { path: 'a.png' } })
 * await assertEnqueued({ worker: Resize, scheduledIn: { minutes: 5 } }, { delta: { seconds: 5 } })
 * ```
 *
 * @param expectation - what the job has at least; `{}` for any job
 * @param options.client - to see what its transaction has stored, which nobody else sees
 * @throws {JobAssertionError} when there is none; the message shows the jobs that come closest
 * @throws {InvalidFilterError} when the expectation cannot be used: an unknown member, one that is undefined
 * @throws {ConfigError} when an option is unknown or cannot be used
 * @throws {NotFoundError} when there is no such instance
 * @see https://hexdocs.pm/oban/Oban.Testing.html#assert_enqueued/2, which returns true
 */
export async function assertEnqueued<Named extends AnyWorker = NamedWorker>(
  expectation: Expectation<Named>,
  options?: EventuallyOptions,
): Promise<JobOf<Named>>
export async function assertEnqueued(
  expectation: Expectation<AnyWorker>,
  options: EventuallyOptions = {},
): Promise<JobOf<NamedWorker>> {
  const caller = new Caller(assertEnqueued)
  const question = readQuestion(expectation, options)
  const found = await search(question)
  if (found === undefined) throw caller.blame(await absence(question))

  return found
}

/**
 * Assert that no such job was enqueued, nor is within `timeout`.
 *
 * @example
 * ```ts
 * await refuteEnqueued({ worker: Resize })
 * await refuteEnqueued({}) // none at all
 * ```
 *
 * @throws {JobAssertionError} when there is one; the message shows it
 * @throws {InvalidFilterError} when the expectation cannot be used: an unknown member, one that is undefined
 * @throws {ConfigError} when an option is unknown or cannot be used
 * @throws {NotFoundError} when there is no such instance
 * @see https://hexdocs.pm/oban/Oban.Testing.html#refute_enqueued/2
 */
export async function refuteEnqueued<Named extends AnyWorker = NamedWorker>(
  expectation: Expectation<Named>,
  options?: EventuallyOptions,
): Promise<void>
export async function refuteEnqueued(
  expectation: Expectation<AnyWorker>,
  options: EventuallyOptions = {},
): Promise<void> {
  const caller = new Caller(refuteEnqueued)
  const question = readQuestion(expectation, options)
  const found = await search(question)
  if (found !== undefined) throw caller.blame(await presence(question, found))
}

/**
 * The jobs that were enqueued and fit, the newest first. Asserts nothing.
 *
 * @example
 * ```ts
 * const jobs = await allEnqueued({ worker: Resize })
 * ```
 *
 * @param expectation - Default: every job that has yet to run
 * @throws {InvalidFilterError} when the expectation cannot be used: an unknown member, one that is undefined
 * @throws {ConfigError} when an option is unknown or cannot be used
 * @throws {NotFoundError} when there is no such instance
 * @see https://hexdocs.pm/oban/Oban.Testing.html#all_enqueued/2
 */
export async function allEnqueued<Named extends AnyWorker = NamedWorker>(
  expectation?: Expectation<Named>,
  options?: EnqueuedOptions,
): Promise<JobOf<Named>[]>
export async function allEnqueued(
  expectation: Expectation<AnyWorker> = {},
  options: EnqueuedOptions = {},
): Promise<JobOf<NamedWorker>[]> {
  return searchAll(readQuestion(expectation, options, ['client', 'delta', 'oban']))
}
