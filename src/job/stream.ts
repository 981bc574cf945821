/**
 * Jobs from a source that makes them as they are asked for. The next is asked for when there is room:
 * while a batch is being stored the source rests, so that memory holds one batch whatever their number.
 */
import { StreamInsertError } from '../errors.ts'
import { Batch } from './batch.ts'
import type { JobStream, StreamInserted } from './enqueuer.ts'
import type { NewJob, NewJobRequest } from './new-job.ts'

export interface StreamMeans {
  /** Validate. */
  readonly prepare: (request: NewJobRequest) => NewJob | Promise<NewJob>
  /** Store all of them or none. */
  readonly insert: (jobs: readonly NewJob[]) => Promise<StreamInserted>
}

/** What has been stored so far. */
class Tally implements StreamInserted {
  inserted = 0
  conflicts = 0

  add({ inserted, conflicts }: StreamInserted): void {
    this.inserted += inserted
    this.conflicts += conflicts
  }

  read(): StreamInserted {
    return { inserted: this.inserted, conflicts: this.conflicts }
  }
}

async function run(
  { prepare, insert }: StreamMeans,
  source: JobStream,
  isDue: (batch: Batch) => boolean,
  tally: Tally,
): Promise<void> {
  let batch = new Batch()
  // Leaving the loop by an error calls the source's return(), which ends it.
  for await (const request of source) {
    batch.add(await prepare(request))
    if (!isDue(batch)) continue
    tally.add(await insert(batch.jobs))
    batch = new Batch()
  }
  if (batch.jobs.length > 0) tally.add(await insert(batch.jobs))
}

/**
 * Store what a source gives, batch by batch.
 *
 * @throws {StreamInsertError} that says how many are stored, with what went wrong as its cause
 */
export async function insertStream(means: StreamMeans, source: JobStream): Promise<StreamInserted> {
  const tally = new Tally()
  try {
    await run(means, source, (batch) => batch.isFull, tally)

    return tally.read()
  } catch (cause) {
    throw new StreamInsertError(tally.read(), { cause })
  }
}

/**
 * Store what a source gives in one transaction, or nothing of it.
 *
 * @param isOpen - whether `insert` is part of a transaction already. Otherwise all jobs are collected
 * first: a transaction that waits for a source would hold its connection, and what the vacuum may remove.
 */
export async function insertWhole(
  means: StreamMeans,
  source: JobStream,
  isOpen: boolean,
): Promise<StreamInserted> {
  const tally = new Tally()
  await run(means, source, (batch) => isOpen && batch.isFull, tally)

  return tally.read()
}
