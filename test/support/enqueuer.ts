import type { ClientOption, Enqueuer, EnqueueOptions } from '../../src/job/enqueuer.ts'
import { readEnqueue } from '../../src/job/insertion.ts'
import { parseJob, type Job } from '../../src/job.ts'
import type { NewJobRequest } from '../../src/job/new-job.ts'
import type { AnyWorker } from '../../src/worker/definition.ts'
import type { JobOf, NamedEnqueueArgs, NamedWorker } from '../../src/worker/inference.ts'
import { jobRow } from './job-row.ts'

interface Call {
  readonly request: NewJobRequest
  readonly client: ClientOption['client']
}

/** An instance that keeps what it was asked to enqueue, and has one job, of worker `Greet`. */
export function recordingEnqueuer(name = 'Oban'): Enqueuer & { readonly calls: Call[] } {
  const calls: Call[] = []

  async function enqueue<Input, RecordedValue>(
    request: NewJobRequest<Input, RecordedValue>,
    options?: ClientOption,
  ): Promise<Job<Input, RecordedValue>>
  async function enqueue<Named extends AnyWorker = NamedWorker>(
    ...params: NamedEnqueueArgs<Named, EnqueueOptions>
  ): Promise<JobOf<Named>>
  async function enqueue(
    first: NewJobRequest | string,
    second?: unknown,
    third?: EnqueueOptions,
  ): Promise<Job<unknown>> {
    const { request, call } = readEnqueue(first, second, third)
    calls.push({ request, client: call.client })

    return Promise.resolve(parseJob(jobRow({ worker: request.worker })))
  }

  return {
    name,
    calls,
    enqueue,
    enqueueMany: (): Promise<never> => Promise.reject(new Error('no worker enqueues many')),
    getJob: (id) => Promise.resolve(id === 42 ? parseJob(jobRow()) : undefined),
    cancelJob: () => Promise.resolve(false),
    waitForJob: (): Promise<never> => Promise.reject(new Error('no worker waits')),
    updateJob: (): Promise<never> => Promise.reject(new Error('no worker updates a job')),
  }
}
