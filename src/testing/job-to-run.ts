/** Which job a test wants to run: one that is made for it, or one that it has. */
import type { Job } from '../job.ts'
import type { ClaimedRow } from '../protocol/claimed-row.ts'
import { findWorker } from '../registry.ts'
import { TestingError } from '../testing-error.ts'
import { isWorker, type AnyWorker, type WorkerDefinition } from '../worker/definition.ts'
import { builtRow } from './build-job.ts'
import { type BuildOptions, claimedJob, testedWorker } from './claimed-job.ts'

export interface JobToRun {
  readonly definition: WorkerDefinition
  readonly row: () => Promise<ClaimedRow>
}

export function isJob(first: unknown): first is Job<unknown> {
  if (typeof first !== 'object' || first === null || isWorker(first)) return false

  return 'worker' in first && 'args' in first && 'id' in first
}

/** @throws {TestingError} when no module that is loaded defines its worker */
export function jobAsIs(job: Job<unknown>): JobToRun {
  const definition = findWorker(job.worker)
  if (definition === undefined) {
    throw new TestingError(
      `nobody here knows the worker "${job.worker}" of job ${job.id}: import the module that defines it`,
    )
  }
  const { args, id, maxAttempts, meta, priority, queue, scheduledAt, tags } = job
  // One that waits has its next attempt before it.
  const attempt = job.state === 'executing' ? job.attempt : job.attempt + 1
  const options = { attempt, id, maxAttempts, meta, priority, queue, scheduledAt, tags }

  return {
    definition,
    row: async () => builtRow(job) ?? claimedJob(definition, args, options),
  }
}

/** @throws {TestingError} when it is no worker */
export function jobOf(worker: AnyWorker, args: unknown, options: BuildOptions): JobToRun {
  const definition = testedWorker('performJob', worker)

  return { definition, row: () => claimedJob(definition, args, options) }
}
