/** From requests to stored jobs: validate, insert, and show what was stored. */
import { types } from 'node:util'
import { validateArgs } from '../worker/args.ts'
import { type ClientOption, type EnqueueOptions, type Enqueuer, splitOptions } from './enqueuer.ts'
import type { JobList, JobStream, StreamInserted, StreamOptions } from './enqueuer.ts'
import { InThreadError, InvalidArgsError, InvalidJobError, type Problem } from '../errors.ts'
import { checkedId } from './id.ts'
import { insertStream, insertWhole } from './stream.ts'
import { parseJob, type Job, type JobRow } from '../job.ts'
import { clientOf, objectOf } from './call-options.ts'
import { unknownKeyProblems } from './fields.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { instrumentOf } from '../instruments.ts'
import { buildNewJob, type NewJob, type NewJobRequest } from './new-job.ts'
import type { QueryClient } from './query-client.ts'
import { shown } from '../shown.ts'
import { type UpdateStore, updateJob } from './update.ts'
import { orRefuse, UNREADABLE } from '../unreadable.ts'
import { findWorker, requestByName } from '../registry.ts'
import { type WaitOptions, waitMs } from './waiting.ts'
import { type AnyWorker, isWorker } from '../worker/definition.ts'
import type { JobOf, NamedEnqueueArgs, NamedWorker } from '../worker/inference.ts'

const { isPromise } = types

/** Where jobs are kept; inside a thread, the way to the main thread. */
export interface Store extends UpdateStore {
  /** Rows in the order of the jobs; all of them are stored, or none. */
  insert(jobs: readonly NewJob[], client?: QueryClient): Promise<readonly JobRow[]>
  /** Whether it changed anything. */
  cancel(id: number, client?: QueryClient): Promise<boolean>
}

export interface InsertionOptions {
  readonly name: string
  readonly store: Store
  /** Most bytes of a job's arguments as JSON. */
  readonly maxArgsBytes: number | undefined
  /** Waits for the end of a job. Default: refuses, as in a job's thread */
  readonly wait?: (
    id: number,
    wait: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
  ) => Promise<JobRow>
}

/**
 * Where types are not checked, the worker itself is easily passed for a job of it, or a bag of its parts.
 *
 * @param place - of one of many, such as `[7]`
 */
function refuseOther(request: unknown, place = ''): void {
  const problem = orRefuse(
    () => requestProblem(request, place),
    (cause) => new InvalidJobError('unknown', [{ path: place, message: UNREADABLE }], { cause }),
  )
  if (problem) throw new InvalidJobError(isWorker(request) ? request.name : 'unknown', [problem])
}

function requestProblem(request: unknown, place: string): Problem | undefined {
  if (!isJsonObject(request) || !('worker' in request && 'options' in request)) {
    const message =
      "must be what a worker's new() returns, as in oban.enqueue(Worker.new(args)), or an array of it for " +
      "enqueueMany; by name it is oban.enqueue('Worker', args)"

    return { path: place, message }
  }
  const { options } = request
  if (isJsonObject(options)) return undefined
  const path = place === '' ? 'options' : `${place}.options`

  return { path, message: `must be an object, got ${shown(options)}` }
}

/** A promise only where a schema takes its time: one for each of many jobs would cost as much as the rest. */
function prepare(
  request: NewJobRequest,
  maxArgsBytes: number | undefined,
): NewJob | Promise<NewJob> {
  refuseOther(request)
  const { worker, definition = findWorker(worker) } = request
  const build = (args: JsonObject) => buildNewJob({ ...request, definition }, args)
  const checked = { name: worker, schema: definition?.schema }
  const args = validateArgs(checked, request.args, maxArgsBytes)

  return isPromise(args) ? args.then(build) : build(args)
}

/** A job's own options belong to new(): beside a request they would be lost. */
function refuseUnknown(worker: string, options: object, known: readonly string[]): void {
  const problems = unknownKeyProblems(options, known)
  if (problems.length > 0) throw new InvalidJobError(worker, problems)
}

/** What `enqueue` was called with, a request or the name of a worker, as a request. */
export function readEnqueue(
  first: NewJobRequest | string,
  second: unknown = {},
  third: EnqueueOptions = {},
): { readonly request: NewJobRequest; readonly call: ClientOption } {
  if (typeof first !== 'string') {
    refuseOther(first)
    refuseUnknown(first.worker, objectOf(second), ['client', 'oban'])

    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the overloads of enqueue say so
    return { request: first, call: second as ClientOption }
  }
  const { job, call } = splitOptions(third)

  return { request: requestByName(first, second, job), call }
}

type Means = InsertionOptions

/** One of many. It rejects, and never throws: promises of those before it would be forgotten. */
function prepareAt(
  place: number,
  request: NewJobRequest,
  maxArgsBytes: number | undefined,
): NewJob | Promise<NewJob> {
  const rejected = (reason: unknown) => Promise.reject<NewJob>(refusalAt(place, reason))
  try {
    const job = prepare(request, maxArgsBytes)

    return isPromise(job) ? job.catch(rejected) : job
  } catch (error) {
    return rejected(error)
  }
}

/** What is wrong with one of many begins with its place, as in `[7].priority`. */
function refusalAt(place: number, error: unknown): unknown {
  if (!(error instanceof InvalidJobError || error instanceof InvalidArgsError)) return error
  const problems = error.problems.map(({ path, ...problem }) => {
    const separator = path === '' || path.startsWith('[') ? '' : '.'

    return { path: `[${place}]${separator}${path}`, ...problem }
  })
  const Refusal = error instanceof InvalidJobError ? InvalidJobError : InvalidArgsError

  return new Refusal(error.worker, problems, { cause: error.cause })
}

/** Have the jobs of one call stored. */
function send(
  { name, store }: Means,
  jobs: readonly NewJob[],
  { client, isBatch }: { readonly client: QueryClient | undefined; readonly isBatch: boolean },
): Promise<readonly JobRow[]> {
  const instrument = instrumentOf(name)
  if (instrument === undefined) return store.insert(jobs, client)
  const hasClient = client !== undefined

  return instrument.send({ instance: name, jobs, isBatch, hasClient, caller: 'here' }, (followed) =>
    store.insert(followed, client),
  )
}

async function insertOne(
  means: Means,
  { request, call }: ReturnType<typeof readEnqueue>,
): Promise<Job<unknown>> {
  const prepared = prepare(request, means.maxArgsBytes)
  // Sent in this turn where nothing is waited for: the caller may stop the instance in the next line.
  const job = isPromise(prepared) ? await prepared : prepared
  const [row] = await send(means, [job], { client: call.client, isBatch: false })
  if (row === undefined) throw new Error(`the database stored no job for "${job.worker}"`)

  return parseJob(row)
}

async function insertMany(
  means: Means,
  requests: readonly NewJobRequest[],
  client: QueryClient | undefined,
): Promise<Job[]> {
  const prepared = requests.map((request, place) => prepareAt(place, request, means.maxArgsBytes))
  const jobs = isReady(prepared) ? prepared : await Promise.all(prepared.map(async (job) => job))
  if (jobs.length === 0) return []
  const rows = await send(means, jobs, { client, isBatch: true })

  return rows.map((row) => parseJob(row))
}

function isReady(jobs: readonly (NewJob | Promise<NewJob>)[]): jobs is readonly NewJob[] {
  return !jobs.some(isPromise)
}

function streamMany(
  means: Means,
  source: JobStream,
  { client, atomic = false }: StreamOptions,
): Promise<StreamInserted> {
  const streamMeans = {
    prepare: (request: NewJobRequest) => prepare(request, means.maxArgsBytes),
    insert: async (jobs: readonly NewJob[]) => {
      const rows = await send(means, jobs, { client, isBatch: true })

      const conflicts = rows.filter(({ conflict }) => conflict).length

      return { inserted: rows.length - conflicts, conflicts }
    },
  }

  return atomic || client !== undefined
    ? insertWhole(streamMeans, source, client !== undefined)
    : insertStream(streamMeans, source)
}

/** @throws {InvalidJobError} for what is neither */
function isStream(requests: JobList | JobStream): requests is JobStream {
  const isAny = orRefuse(
    () => looksLikeStream(requests),
    (cause) => new InvalidJobError('unknown', [{ path: '', message: UNREADABLE }], { cause }),
  )
  if (isAny !== undefined) return isAny
  const message = 'must be an array, a set or a source of what new() returns'
  throw new InvalidJobError('unknown', [{ path: '', message }])
}

/** Undefined for what is no list either. */
function looksLikeStream(requests: unknown): boolean | undefined {
  if (Array.isArray(requests) || types.isSet(requests)) return false
  const isObject = typeof requests === 'object' && requests !== null
  const isSource = isObject && (Symbol.asyncIterator in requests || Symbol.iterator in requests)

  return isSource ? true : undefined
}

/** Looked at before they are copied: a sparse array may claim to have four billion of them. */
function listOf(requests: JobList): NewJobRequest[] {
  let place = 0
  for (const request of requests) {
    refuseOther(request, `[${place}]`)
    place += 1
  }

  return [...requests]
}

/** A wait has no end that the thread could be told of when it dies. */
function refuseWait(): Promise<never> {
  return Promise.reject(new InThreadError('a job cannot wait for another; enqueue a follow-up'))
}

/** Make the enqueueing half of an instance. */
export function insertion(means: InsertionOptions): Enqueuer {
  const { name, store, maxArgsBytes, wait = refuseWait } = means

  function enqueueMany(requests: JobList, options?: ClientOption): Promise<Job[]>
  function enqueueMany(requests: JobStream, options?: StreamOptions): Promise<StreamInserted>
  function enqueueMany(
    requests: JobList | JobStream,
    options?: StreamOptions,
  ): Promise<Job[] | StreamInserted>
  async function enqueueMany(
    requests: JobList | JobStream,
    options: StreamOptions = {},
  ): Promise<Job[] | StreamInserted> {
    refuseUnknown('unknown', objectOf(options), ['atomic', 'client', 'oban'])

    if (isStream(requests)) return streamMany(means, requests, options)

    return insertMany(means, listOf(requests), options.client)
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
    second?: unknown,
    third?: EnqueueOptions,
  ): Promise<Job<unknown>> {
    return insertOne(means, readEnqueue(first, second, third))
  }

  return {
    name,
    enqueue,
    enqueueMany,
    async getJob<Input, RecordedValue>(id: number, options?: ClientOption) {
      const row = await store.find(checkedId(id), clientOf(options))

      return row && parseJob<Input, RecordedValue>(row)
    },
    cancelJob: async (id, options) => store.cancel(checkedId(id), clientOf(options)),
    async waitForJob<Input, RecordedValue>(id: number, options: WaitOptions = {}) {
      const timeoutMs = waitMs(options)
      const row = await wait(checkedId(id), { timeoutMs, signal: options.signal })

      return parseJob<Input, RecordedValue>(row)
    },
    updateJob: async (id, update, options) =>
      updateJob(
        store,
        { find: findWorker, maxArgsBytes },
        { id, update, client: clientOf(options) },
      ),
  }
}
