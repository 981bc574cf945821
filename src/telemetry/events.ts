/**
 * What the library tells about itself. Names are a subject and a fact joined by a dot; each event is
 * published on the diagnostics channel `oban-ts:<name>`.
 *
 * Events carry no arguments of jobs: handlers tend to print what they get, and arguments hold secrets.
 *
 * @see https://hexdocs.pm/oban/Oban.Telemetry.html
 */
import type { Connectivity } from '../health.ts'
import type { StagerMode } from '../protocol/reach.ts'
import type { LogLevel } from '../worker/execution.ts'
import type { AppEventName } from './app-spans.ts'
import {
  isSpanEventName,
  SPAN_EVENT_NAMES,
  type RescuedFields,
  type SpanEventName,
  type SpanEvents,
} from './spans.ts'

/** Who speaks; part of every event. */
export interface Origin {
  /** The instance's `name`. */
  readonly instance: string
  readonly node: string
}

export interface JobFields {
  readonly id: number
  readonly worker: string
  readonly queue: string
  /** The attempt that the event is about; the first is 1. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly tags: readonly string[]
}

export interface JobTimes {
  /** How long the body ran. */
  readonly durationMs: number
  /** From the time the job was scheduled for to its fetch, 0 or more. */
  readonly queueTimeMs: number
}

/** What has happened. Of work that takes time there are also the events of a span: `spans.ts`. */
interface Facts {
  /** A body is about to run. */
  'job.start': JobFields
  /** An attempt ended as its worker wanted. Told once it is stored, as is `job.exception`. */
  'job.stop': JobFields & JobTimes & { readonly state: 'success' | 'cancelled' | 'snoozed' }
  /**
   * An attempt failed: it will be tried again (`failure`) or was the last one (`discard`). The error has the
   * name, message and stack of the one that was thrown, which stays in its thread, with its class and fields.
   */
  'job.exception': JobFields &
    JobTimes & { readonly state: 'failure' | 'discard'; readonly error: Error }
  /** A body on the main thread goes on a second after it should have ended: it keeps its slot. */
  'job.stuck': JobFields
  /**
   * Whose notifications arrive has changed: of other nodes too (`clustered`), of this one alone
   * (`solitary`), or of nobody (`isolated`): jobs are then found by polling.
   */
  'notifier.switch': { readonly status: Exclude<Connectivity, 'unknown'> }
  /**
   * How this node learns of jobs that others made available: `global`, they are announced, or `local`, it
   * looks for them. Which node stages does not change: each its own queues.
   */
  'stager.switch': { readonly mode: StagerMode }
  /** A node was asked by a signal for what it cannot do: a queue did not start, or the numbers do not fit. */
  'signal.failed': { readonly action: string; readonly queue: string; readonly error: unknown }
  /** A job's body wrote a line, with its `log` or, in a thread, to the console. */
  'job.log': {
    readonly via: 'console' | 'log'
    readonly level: LogLevel
    readonly message: string
    readonly fields: Readonly<Record<string, unknown>>
  }
  /** A worker module could not be loaded; its jobs are jobs of unknown workers. */
  'module.failed': { readonly module: string; readonly error: unknown }
  /** An operator, here or by a signal, has set something about a queue, which is then like this. */
  'queue.change': {
    readonly queue: string
    readonly limit: number
    readonly threads: number
    readonly paused: boolean
  }
  /** A queue has stopped; `orphaned` jobs were still running at the end of the grace period. */
  'queue.shutdown': {
    readonly queue: string
    readonly elapsedMs: number
    readonly orphaned: readonly number[]
  }
  /** The instance is about to start its actors, with these queues. */
  'instance.start': {
    readonly prefix: string
    readonly queues: ReadonlyArray<{ readonly name: string; readonly limit: number }>
  }
  /** The instance has stopped; `undelivered` results could not be stored in time. */
  'instance.stop': { readonly elapsedMs: number; readonly undelivered: number }
  /** A caretaker (`stager`, `pruner`, …) is about to start, or to start again after a crash. */
  'caretaker.start': { readonly caretaker: string }
  /** Due jobs were made available; `queues` have available jobs, staged just now or before. */
  'stager.stage': { readonly stagedCount: number; readonly queues: readonly string[] }
  /** Jobs of the crontab were inserted, each for the minute `runAt`; `name` is that of its entry. */
  'cron.insert': {
    readonly jobs: ReadonlyArray<{
      readonly id: number
      readonly worker: string
      readonly queue: string
      readonly name: string
      readonly runAt: Date
    }>
    readonly durationMs: number
  }
  /** The jobs of an entry of the crontab cannot be stored; once for each. */
  'cron.refused': {
    readonly name: string
    readonly worker: string
    readonly expression: string
    readonly error: unknown
  }
  /** Jobs of a dead node were given back, or discarded when that was their last attempt. */
  'lifeline.rescue': {
    readonly rescued: readonly RescuedFields[]
  }
  /** An election or a renewal of the lease was decided, or the trust in the lease ended without one. */
  'peer.election': { readonly leader: boolean; readonly wasLeader: boolean }
  /** A page of old jobs was deleted, by the states they had ended in. */
  'pruner.prune': {
    readonly completed: number
    readonly cancelled: number
    readonly discarded: number
    readonly durationMs: number
    /** Whether there may be more, so that another page follows at once. */
    readonly isFull: boolean
  }
  /** Indexes of the jobs table were rebuilt, and what interrupted rebuildings had left was dropped. */
  'reindexer.reindex': {
    readonly rebuilt: readonly string[]
    readonly dropped: readonly string[]
    readonly durationMs: number
  }
  /** The role of this node may not rebuild indexes of the jobs table; told once, and not tried again. */
  'reindexer.denied': object
  /** The jobs table was vacuumed, after about so many processed jobs. */
  'vacuumer.vacuum': { readonly processed: number; readonly durationMs: number }
  /** The role of this node may not vacuum the jobs table; told once, and not tried again. */
  'vacuumer.denied': object
  /** Nodes of oban-py lead beside ours at the start: they rescue jobs that run for more than 300 s. */
  'python.leads': { readonly nodes: readonly string[] }
  'producer.fetch': {
    readonly queue: string
    readonly demand: number
    readonly fetchedCount: number
    readonly durationMs: number
  }
  'acker.flush': { readonly count: number; readonly durationMs: number }
  /** A result was dropped as somebody else owns the row by now. */
  'ack.lost': { readonly id: number; readonly queue: string; readonly attempt: number }
  /** Jobs of a worker that no module of this node defines; once for each name. */
  'worker.unknown': { readonly worker: string; readonly queue: string }
  'thread.exit': {
    readonly queue: string
    readonly thread: number
    /**
     * `crash`, `memory` and `unresponsive` (a job that had to end went on) are the doing of a job, the
     * others are ours.
     */
    readonly cause: 'crash' | 'idle' | 'memory' | 'recycled' | 'shutdown' | 'unresponsive'
    readonly error?: unknown
  }
  /** An internal query failed and will be tried again. */
  'query.failed': {
    /** Who asked: `stager`, `queue/media/producer`. */
    readonly source: string
    readonly error: unknown
  }
  /** A supervisor tells about a child. */
  'supervisor.report': {
    readonly kind:
      | 'child_terminated'
      | 'start_error'
      | 'shutdown_timeout'
      | 'max_intensity'
      | 'orphan_reaped'
    readonly id: string
    readonly error: unknown
  }
  /** An observer given to `oban.inspect()` threw, and is not told anything more. */
  'inspector.failed': { readonly error: unknown }
  /** A handler given to `attach` threw, and is detached. */
  'telemetry.handler_failed': {
    readonly failedEvent: EventName | AppEventName
    readonly error: unknown
  }
}

export type FactName = keyof Facts

/** The payload of each event, by name. */
export interface EventMap extends Facts, SpanEvents {}

export type EventName = FactName | SpanEventName

/** What is given to `emit` beside the name. */
export type Payload<Name extends EventName> = EventMap[Name] & Origin

/** What handlers receive: a union to switch over by `event`. */
export type TelemetryEvent<Name extends EventName = EventName> = {
  readonly [Each in Name]: Readonly<{ event: Each } & Payload<Each>>
}[Name]

/** Every name once, which the compiler holds to the map. */
const FACTS: Readonly<Record<FactName, true>> = {
  'job.start': true,
  'job.stop': true,
  'job.exception': true,
  'job.stuck': true,
  'job.log': true,
  'module.failed': true,
  'notifier.switch': true,
  'signal.failed': true,
  'stager.switch': true,
  'queue.change': true,
  'queue.shutdown': true,
  'instance.start': true,
  'instance.stop': true,
  'caretaker.start': true,
  'stager.stage': true,
  'cron.insert': true,
  'cron.refused': true,
  'lifeline.rescue': true,
  'peer.election': true,
  'pruner.prune': true,
  'reindexer.reindex': true,
  'reindexer.denied': true,
  'vacuumer.vacuum': true,
  'vacuumer.denied': true,
  'python.leads': true,
  'producer.fetch': true,
  'acker.flush': true,
  'ack.lost': true,
  'worker.unknown': true,
  'thread.exit': true,
  'query.failed': true,
  'supervisor.report': true,
  'inspector.failed': true,
  'telemetry.handler_failed': true,
}

function isFactName(name: string): name is FactName {
  return Object.hasOwn(FACTS, name)
}

export function isEventName(name: string): name is EventName {
  return isFactName(name) || isSpanEventName(name)
}

export const FACT_NAMES: readonly FactName[] = Object.keys(FACTS).filter(isFactName)

export const EVENT_NAMES: readonly EventName[] = [...FACT_NAMES, ...SPAN_EVENT_NAMES]
