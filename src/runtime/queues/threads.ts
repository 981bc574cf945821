/** The children of a pool: one slot for each thread of the queue. */
import { child, type ChildSpec } from '../../../supervisors/index.ts'
import type { Config } from '../../config.ts'
import type { ThreadLimits } from '../../config/options.ts'
import { instrumentOf } from '../../instruments.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { JobRow } from '../../job.ts'
import { patience } from '../../patience.ts'
import type { Tenure } from '../../protocol/tenure.ts'
import { ThreadPool } from '../../threads/pool.ts'
import type { Request } from '../../threads/protocol.ts'
import { memoryBounds } from '../../threads/memory-watch.ts'
import type { SlotInput } from '../../threads/slot-input.ts'
import { slot } from '../../threads/slot.ts'
import { reportExit, reportLog, reportModule } from '../report.ts'
import { noteCompleting } from './own-job.ts'
import { queueSettings, type Runtime } from '../runtime.ts'
import { settle } from '../settle.ts'

/** How long to wait before a place whose thread died without a job is started again. */
const PATIENCE = { firstMs: 100, longestMs: 5_000 }

export function threads(runtime: Runtime, tenure: Tenure): ChildSpec[] {
  const pool = new ThreadPool((items) => {
    settle(runtime, items)
  })
  runtime.pools.set(tenure, pool)
  const count = queueSettings(runtime, tenure.queue).threads

  return Array.from({ length: count }, (_, index) =>
    threadChild(runtime, { tenure, pool, thread: index + 1 }),
  )
}

export interface Place {
  readonly tenure: Tenure
  readonly pool: ThreadPool
  /** The first is 1. */
  readonly thread: number
}

export function threadChild(runtime: Runtime, place: Place): ChildSpec {
  return child({
    id: idOf(place.thread),
    logic: slot,
    backoff: (restarts) => patience(restarts, PATIENCE),
    input: () => slotInput(runtime, place),
  })
}

export function idOf(thread: number): string {
  return `thread/${thread}`
}

function slotInput(runtime: Runtime, { tenure, pool, thread }: Place): SlotInput {
  const { alarms, boots, clock, config, origin } = runtime
  const { queue } = tenure
  const settings = queueSettings(runtime, queue)
  const limits = { ...config.threadOptions.resourceLimits, ...settings.resourceLimits }
  const { recycle, idleTimeoutMs } = settings

  return {
    pool,
    alarms,
    boots,
    clock,
    bootMs: config.threadOptions.bootMs,
    onFailure: (failure) => {
      reportModule(runtime, failure)
    },
    idleMs: idleTimeoutMs,
    recycle: { jobs: recycle.afterJobs, bytes: recycle.aboveMb * 2 ** 20 },
    memory: memoryBounds(limits),
    onExit: (exit) => {
      reportExit(origin, { queue, thread }, exit)
    },
    thread: threadOptions(runtime, tenure, { thread, limits }),
  }
}

function threadOptions(
  runtime: Runtime,
  tenure: Tenure,
  { thread, limits }: { readonly thread: number; readonly limits: ThreadLimits },
): SlotInput['thread'] {
  const { config, origin } = runtime
  const { env, preload, setup } = config.threadOptions
  const { maxExternalMb: _, ...resourceLimits } = limits

  return {
    tenure,
    env,
    resourceLimits,
    data: {
      instance: config.name,
      prefix: config.prefix,
      notifier: config.notifier,
      queue: tenure.queue,
      thread: String(thread),
      modules: config.workers.modules,
      preload,
      setup,
      isProbe: false,
      crontab: [],
      takesConsole: logsLines(config),
      unknownWorkers: config.unknownWorkers,
      maxArgsBytes: config.maxArgsBytes,
      lease: tenure.lease.buffer,
    },
    onCall: (request) => answer(runtime, tenure, request),
    onLog: (line) => {
      reportLog(origin, line)
    },
  }
}

/** Store what a job in a thread enqueues. */
function insertFor(
  instance: string,
  store: Runtime['store'],
  jobs: readonly NewJob[],
): Promise<readonly JobRow[]> {
  const instrument = instrumentOf(instance)
  if (instrument === undefined) return store.insert(jobs)
  const isBatch = jobs.length > 1

  return instrument.send(
    { instance, jobs, isBatch, hasClient: false, caller: 'thread' },
    (followed) => store.insert(followed),
  )
}

/** What a job asks of its instance. The thread has validated it already. */
async function answer(
  { config, store, patches }: Runtime,
  tenure: Tenure,
  request: Request,
): Promise<unknown> {
  switch (request.method) {
    case 'cancel':
      return store.cancel(request.id)
    case 'change':
      return store.change(request.row, request.changes)
    case 'completing':
      return noteCompleting(tenure, request.token)
    case 'find':
      return store.find(request.id)
    case 'insert':
      return insertFor(config.name, store, request.jobs)
    case 'patch':
      return patches.add(request.claim, request.patch)
    default:
      return request satisfies never
  }
}

/** Lines that nobody is to log stay with the console of their thread. */
function logsLines({ logger, logged: { events } }: Config): boolean {
  return logger !== false && (!Array.isArray(events) || events.includes('job.log'))
}
