/** From requests to stored jobs: validate, insert, and show what was stored. */
import { validateArgs } from '../worker/args.ts'
import type { AnyWorker } from '../worker/definition.ts'
import { splitOptions, type ClientOption, type EnqueueOptions, type Enqueuer } from './enqueuer.ts'
import { InvalidArgsError } from '../errors.ts'
import type { JobOf, NamedEnqueueArgs, NamedWorker } from '../worker/inference.ts'
import { parseJob, type Job, type JobRow } from '../job.ts'
import { checkedId } from './id.ts'
import type { JsonObject } from './json.ts'
import { buildNewJob, type NewJob, type NewJobRequest } from './new-job.ts'
import type { QueryClient } from './query-client.ts'
import { findWorker, requestByName } from '../registry.ts'

/** Where jobs are kept; inside a thread, the way to the main thread. */
export interface Store {
  /** Rows in the order of the jobs; all of them are stored, or none. */
  insert(jobs: readonly NewJob[], client?: QueryClient): Promise<readonly JobRow[]>
  find(id: number, client?: QueryClient): Promise<JobRow | undefined>
}

export interface InsertionOptions {
  readonly name: string
  readonly store: Store
  /** Most bytes of a job's arguments as JSON. */
  readonly maxArgsBytes: number | undefined
}

async function prepare(request: NewJobRequest, maxArgsBytes: number | undefined): Promise<NewJob> {
  const { worker, definition = findWorker(worker) } = request
  const args = await validateArgs({ name: worker, schema: definition?.schema }, request.args)
  if (maxArgsBytes !== undefined) refuseLarge(worker, args, maxArgsBytes)

  return buildNewJob({ ...request, definition }, args)
}

function refuseLarge(worker: string, args: JsonObject, maxArgsBytes: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(args))
  if (bytes <= maxArgsBytes) return
  const message = `have ${bytes} bytes as JSON; \`maxArgsBytes\` allows ${maxArgsBytes}`
  throw new InvalidArgsError(worker, [{ path: '', message }])
}

/** Make the enqueueing half of an instance. */
export function insertion({ name, store, maxArgsBytes }: InsertionOptions): Enqueuer {
  async function enqueueMany(
    requests: Iterable<NewJobRequest>,
    { client }: ClientOption = {},
  ): Promise<Job[]> {
    const jobs = await Promise.all([...requests].map((request) => prepare(request, maxArgsBytes)))
    if (jobs.length === 0) return []
    const rows = await store.insert(jobs, client)

    return rows.map((row) => parseJob(row))
  }

  async function enqueue<Input, RecordedValue>(
    request: NewJobRequest<Input, RecordedValue>,
    options?: ClientOption,
  ): Promise<Job<Input, RecordedValue>>
  async function enqueue<Named extends AnyWorker = NamedWorker>(
    ...params: NamedEnqueueArgs<Named, EnqueueOptions>
  ): Promise<JobOf<Named>>
  async function enqueue(
    first: NewJobRequest | string,
    second: unknown = {},
    third: EnqueueOptions = {},
  ): Promise<Job<unknown>> {
    if (typeof first === 'string') {
      const { job, call } = splitOptions(third)

      return enqueue(requestByName(first, second, job), call)
    }
    const { client } = second as ClientOption
    const job = await prepare(first, maxArgsBytes)
    const [row] = await store.insert([job], client)
    if (row === undefined) throw new Error(`the database stored no job for "${job.worker}"`)

    return parseJob(row)
  }

  return {
    name,
    enqueueMany,
    enqueue,
    async getJob<Input, RecordedValue>(id: number, { client }: ClientOption = {}) {
      const row = await store.find(checkedId(id), client)

      return row && parseJob<Input, RecordedValue>(row)
    },
  }
}
