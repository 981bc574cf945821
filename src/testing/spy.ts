/**
 * Waits in tests for what becomes of jobs. The telemetry of this process says when to look; what counts is
 * the row, so that jobs of other nodes and languages are seen as well, a quarter of a second later.
 */
import { systemClock } from '../clock.ts'
import { checkOptions } from '../job/call-options.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import { endStates, type Job, type JobState } from '../job.ts'
import type { Duration } from '../period.ts'
import type { AnyWorker } from '../worker/definition.ts'
import type { JobOf } from '../worker/inference.ts'
import { Caller } from './assertion-error.ts'
import type { Expectation } from './expectation.ts'
import { untilFound } from './looks.ts'
import { readTimeout } from './question.ts'
import { onReset } from './reset.ts'
import { type FailedAttempt, Sightings } from './sightings.ts'
import { Jobs, type Subject, subjectOf } from './subject.ts'
import { inVain, neverSeen } from './spy-findings.ts'
import { readStates, readTarget, type OneJob, type SomeJobs } from './target.ts'

/** Below the five seconds after which vitest and jest end a test, with a message that says less. */
const USUAL_MS = 4_000

export interface WaitForOptions {
  /** Longest wait, as a duration; a bare number is refused. Default: 4 seconds */
  readonly timeout?: Duration | undefined
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Watch what becomes of the jobs of an instance, from now on.
 *
 * @example
 * ```ts
 * using spy = await watchJobs(oban)
 * await signUp('ada@example.org') // enqueues somewhere below
 * const job = await spy.waitFor(Welcome, 'completed')
 * ```
 *
 * @param oban - the instance, or its name. Default: 'Oban'
 * @throws {NotFoundError} when no instance has the name
 * @throws {ConfigError} when it is no instance
 * @throws {TestingError} in testing mode 'inline', where jobs have ended when enqueue() returns
 */
export async function watchJobs(oban?: Enqueuer | string): Promise<JobSpy> {
  const spy = new JobSpy(subjectOf(oban))
  await spy.reset()

  return spy
}

/** What `watchJobs` returns. */
export class JobSpy {
  readonly #subject: Subject
  readonly #jobs: Jobs
  readonly #seen: Sightings
  /** Jobs up to it were stored before the watch began. */
  #lastBefore = 0
  readonly #deaf: () => void

  constructor(subject: Subject) {
    this.#subject = subject
    this.#jobs = new Jobs(subject, undefined)
    this.#seen = new Sightings(subject.name)
    this.#deaf = onReset(() => {
      this.#seen.forget()
      this.#lastBefore = 0
    })
  }

  /**
   * Wait until a job reaches a state, or has reached it since the watch began; it may have left it again.
   *
   * By its id any job is found. Otherwise those that were inserted since the watch began, and those of
   * before of which this process has done something since; of several the oldest. Each state counts that
   * this process told of or that a look has found; of jobs of other processes short ones may be missed,
   * but never an end.
   *
   * @example
   * ```ts
   * await spy.waitFor(job, 'completed')
   * await spy.waitFor({ worker: Resize, args: { path: 'a.png' } }, ['retryable', 'discarded'])
   * await spy.waitFor((job) => job.tags.includes('tenant-7'), 'executing', { timeout: { seconds: 1 } })
   * ```
   *
   * @param target - an id, a job, a worker, an expectation as for `assertEnqueued`, or a function
   * @param state - one, or several of which any will do
   * @returns the job as it is when it is found
   * @throws {JobAssertionError} when it takes longer than `timeout`, or the job with this id has ended in
   *   another state; the message shows what became of the jobs, and why their attempts have failed
   * @throws {InvalidFilterError} when the target or the state cannot be used
   * @throws {ConfigError} when an option cannot be used
   * @throws the reason of `signal`
   */
  async waitFor(
    target: (job: Job) => boolean,
    state: JobState | readonly JobState[],
    options?: WaitForOptions,
  ): Promise<Job>
  async waitFor<Input, RecordedValue>(
    target: Job<Input, RecordedValue>,
    state: JobState | readonly JobState[],
    options?: WaitForOptions,
  ): Promise<Job<Input, RecordedValue>>
  async waitFor<Named extends AnyWorker>(
    target: Named,
    state: JobState | readonly JobState[],
    options?: WaitForOptions,
  ): Promise<JobOf<Named>>
  async waitFor(
    target: number | { readonly id: number },
    state: JobState | readonly JobState[],
    options?: WaitForOptions,
  ): Promise<Job>
  async waitFor<Named extends AnyWorker>(
    target: Omit<Expectation<Named>, 'state'>,
    state: JobState | readonly JobState[],
    options?: WaitForOptions,
  ): Promise<JobOf<Named>>
  async waitFor(target: unknown, state: unknown, options: WaitForOptions = {}): Promise<Job> {
    // oxlint-disable-next-line typescript/unbound-method -- is named, not called
    const caller = new Caller(this.waitFor)
    checkOptions(options, ['signal', 'timeout'])
    const timeoutMs = readTimeout(options.timeout, USUAL_MS)
    const wanted = readTarget(target)
    const states = readStates(state)
    const found = await untilFound<Job>({
      clock: systemClock,
      instance: this.#subject.name,
      timeoutMs,
      signal: options.signal,
      look: async () => {
        // Of what is told during the look the rows may know nothing yet: the next look will.
        const { count } = this.#seen
        const jobs = await this.#look(wanted)
        const reached = jobs.find((job) => this.#hasReached(job, states, count))
        const [ended] = wanted.kind === 'one' && !reached ? jobs : []
        if (ended && endStates.includes(ended.state)) throw caller.blame(inVain(ended, states))

        return reached
      },
    })
    if (found) return found
    const scene = { subject: this.#subject, seen: this.#seen, jobs: await this.#look(wanted) }
    const others = wanted.kind === 'some' ? await this.#since({}) : []
    throw caller.blame(neverSeen(wanted, { states, timeoutMs }, { ...scene, others }))
  }

  /** The attempts that failed in this process since the watch began, in the order of their ends. */
  failures(): readonly FailedAttempt[] {
    return this.#seen.failures
  }

  /**
   * Begin anew, as for the next test: what was seen is forgotten, and jobs of before count no more. A
   * `reset()` of the tables does it too.
   */
  async reset(): Promise<void> {
    this.#seen.forget()
    const [newest] = await this.#jobs.newest({}, 1)
    this.#lastBefore = newest?.id ?? 0
  }

  /** End the watch. Harmless when called again. */
  stop(): void {
    this.#seen.stop()
    this.#deaf()
  }

  /** `using spy = await watchJobs(oban)` ends the watch with the block. */
  [Symbol.dispose](): void {
    this.stop()
  }

  /** The jobs that are meant, the oldest first. */
  async #look(wanted: OneJob | SomeJobs): Promise<Job[]> {
    const jobs =
      wanted.kind === 'one'
        ? await this.#jobs.newest({ ids: wanted.id }, 1)
        : (await this.#since(wanted.filter)).filter(wanted.fits)
    for (const { id, state } of jobs) this.#seen.note(id, state)

    return jobs
  }

  /** Jobs that were inserted since the watch began, and those that have done something here since. */
  async #since(filter: SomeJobs['filter']): Promise<Job[]> {
    const [newest] = await this.#jobs.newest({}, 1)
    // The table was emptied, and its ids begin again.
    if ((newest?.id ?? 0) < this.#lastBefore) this.#lastBefore = 0
    const jobs: Job[] = []
    for await (const job of this.#jobs.all(filter)) {
      if (job.id <= this.#lastBefore) break
      jobs.push(job)
    }
    const older = this.#seen.active.filter((id) => id <= this.#lastBefore)
    if (older.length > 0) {
      for await (const job of this.#jobs.all({ ...filter, ids: older })) jobs.push(job)
    }

    return jobs.toReversed()
  }

  #hasReached(
    { id, state, attemptedAt }: Job,
    states: readonly JobState[],
    sightings: number,
  ): boolean {
    // Whoever has an attempt was executing, even if nobody looked in that moment.
    const past = attemptedAt === null ? [] : (['executing'] as const)

    return [state, ...past, ...this.#seen.statesOf(id, sightings)].some((each) =>
      states.includes(each),
    )
  }
}
