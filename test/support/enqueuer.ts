import type { ClientOption, Enqueuer } from '../../src/job/enqueuer.ts'
import { parseJob } from '../../src/job.ts'
import type { NewJobRequest } from '../../src/job/new-job.ts'
import { jobRow } from './job-row.ts'

interface Call {
  readonly request: NewJobRequest
  readonly client: ClientOption['client']
}

/** An instance that keeps what it was asked to enqueue, and has one job, of worker `Greet`. */
export function recordingEnqueuer(name = 'Oban'): Enqueuer & { readonly calls: Call[] } {
  const calls: Call[] = []

  return {
    name,
    calls,
    enqueue: (request, options) => {
      calls.push({ request, client: options?.client })

      return Promise.resolve(parseJob(jobRow({ worker: request.worker })))
    },
    enqueueMany: (requests, options) => {
      for (const request of requests) calls.push({ request, client: options?.client })

      return Promise.resolve([])
    },
    getJob: (id) => Promise.resolve(id === 42 ? parseJob(jobRow()) : undefined),
  }
}
