/** The instance that a test is about, and its jobs. */
import { hasMethods } from '../adapters/refusal.ts'
import { ConfigError } from '../errors.ts'
import type { ClientOption, Enqueuer, InstanceOption } from '../job/enqueuer.ts'
import type { JobFilter } from '../job/filter.ts'
import type { JobPage, ListOptions } from '../job/listing.ts'
import type { Job } from '../job.ts'
import type { QueryClient } from '../job/query-client.ts'
import { findInstance } from '../registry.ts'
import { shown } from '../shown.ts'
import { TestingError } from '../testing-error.ts'
import type { TestingMode } from '../testing-mode.ts'

/** An instance, as far as it is asked here. */
export interface Subject extends Enqueuer {
  readonly testingMode: TestingMode
  listJobs(options: ClientOption & ListOptions): Promise<JobPage>
}

function isSubject(value: unknown): value is Subject {
  return hasMethods(value, ['enqueue', 'listJobs', 'getJob'])
}

/**
 * An instance whose jobs are stored.
 *
 * @throws {NotFoundError} when no instance has the name
 * @throws {ConfigError} when it is neither an instance nor a name
 * @throws {TestingError} in testing mode 'inline', where a refusal would always pass
 */
export function subjectOf(oban: InstanceOption['oban']): Subject {
  const found: unknown = oban === undefined || typeof oban === 'string' ? findInstance(oban) : oban
  if (isSubject(found)) return whereStored(found)
  const message = `must be an instance or its name, got ${shown(found)}`
  throw new ConfigError([{ path: 'oban', message }])
}

function whereStored(subject: Subject): Subject {
  if (subject.testingMode !== 'inline') return subject
  throw new TestingError(
    `in testing mode "inline" jobs of the instance "${subject.name}" run as they are enqueued and are ` +
      'stored nowhere, so that there are none to look at; look at the job that enqueue() returns, ' +
      `or run this piece of the test withTestingMode('manual', …)`,
  )
}

const PAGE = 1_000

/** Jobs through an instance, as its client sees them. */
export class Jobs {
  readonly #subject: Subject
  readonly #client: QueryClient | undefined

  constructor(subject: Subject, client: QueryClient | undefined) {
    this.#subject = subject
    this.#client = client
  }

  get instance(): string {
    return this.#subject.name
  }

  /** Whether it sees what only a caller's transaction has. */
  get isOfClient(): boolean {
    return this.#client !== undefined
  }

  /** The newest of what a filter selects. */
  async newest(filter: JobFilter, limit: number): Promise<Job[]> {
    return (await this.#page({ ...filter, limit })).jobs
  }

  /** All of what a filter selects, newest first. */
  async *all(filter: JobFilter): AsyncGenerator<Job> {
    let after: string | undefined
    do {
      const page: JobPage = await this.#page({ ...filter, limit: PAGE, after })
      yield* page.jobs
      after = page.next
    } while (after !== undefined)
  }

  #page(options: ListOptions): Promise<JobPage> {
    return this.#subject.listJobs({ ...options, client: this.#client })
  }
}
