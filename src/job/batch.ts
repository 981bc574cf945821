/** How many jobs go to the database at a time: as many as one statement, and memory, can well hold. */
import type { NewJob } from './new-job.ts'

export const BATCH_JOBS = 1_000

/** Characters of JSON. PostgreSQL refuses arrays of jsonb above 256 MB, and so does Node.js texts above 512. */
const BATCH_LENGTH = 8 * 1_024 * 1_024

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
    this.#length += JSON.stringify(job.args).length + JSON.stringify(job.meta).length
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
