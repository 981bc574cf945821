/** How many jobs go to the database at a time: as many as one statement, and memory, can well hold. */
import type { JsonValue } from './json.ts'
import type { NewJob } from './new-job.ts'

export const BATCH_JOBS = 1_000

/** Characters of JSON. PostgreSQL refuses arrays of jsonb above 256 MB, and so does Node.js texts above 512. */
const BATCH_LENGTH = 8 * 1_024 * 1_024

/**
 * About how many characters of JSON a value has: to write them would cost each job as much as to send them.
 * Characters that JSON escapes count once, for which the bounds leave room.
 */
function roughLength(value: JsonValue | undefined): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 8
  if (Array.isArray(value))
    return value.reduce<number>((sum, item) => sum + 1 + roughLength(item), 2)
  const members = Object.entries(value)

  return members.reduce((sum, [key, member]) => sum + key.length + 4 + roughLength(member), 2)
}

/** Jobs that are sent together. */
export class Batch {
  readonly jobs: NewJob[] = []
  readonly #most: number
  #length = 0

  constructor(most = BATCH_JOBS) {
    this.#most = most
  }

  get isFull(): boolean {
    return this.jobs.length >= this.#most || this.#length >= BATCH_LENGTH
  }

  add(job: NewJob): void {
    this.jobs.push(job)
    this.#length += roughLength(job.args) + roughLength(job.meta)
  }
}

/**
 * Part jobs into batches, in their order.
 *
 * @param most - jobs in a batch. Default: 1,000
 */
export function batchesOf(jobs: Iterable<NewJob>, most = BATCH_JOBS): NewJob[][] {
  const batches: Batch[] = []
  for (const job of jobs) {
    let last = batches.at(-1)
    if (last === undefined || last.isFull) {
      last = new Batch(most)
      batches.push(last)
    }
    last.add(job)
  }

  return batches.map((batch) => batch.jobs)
}
