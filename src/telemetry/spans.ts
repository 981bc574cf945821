/**
 * Pieces of work that take time. Each is told when it begins, as `<name>.start`, and when it ends, as
 * `<name>.stop` or, with what was thrown, as `<name>.exception`. All three carry what was known at the
 * start, so that none has to be matched with another to be of use.
 *
 * @see https://hexdocs.pm/oban/Oban.Telemetry.html
 */
import type { Ack } from '../protocol/outcome.ts'
import type { JobState } from '../job.ts'

/** A job that is to be stored. */
export interface JobRequestFields {
  readonly worker: string
  readonly queue: string
}

/** One that is. */
export interface StoredJobFields extends JobRequestFields {
  readonly id: number
  readonly state: JobState
  /** Whether it is one that existed, found in place of a unique job that was not stored. */
  readonly conflict: boolean
}

/** The result of one attempt, as it is stored. */
export interface AckFields extends JobRequestFields {
  readonly id: number
  readonly attempt: number
  /** What the job is from then on: `retryable` after an error, `scheduled` after a snooze. */
  readonly state: Ack['state']
}

export interface RescuedFields {
  readonly id: number
  readonly queue: string
  readonly state: 'available' | 'discarded'
}

/** What each span knows when it begins, and what more when it went well. */
export interface SpanMap {
  /** Jobs are stored: all of one call, or of one batch of a stream. */
  'jobs.enqueue': {
    readonly start: {
      readonly jobs: readonly JobRequestFields[]
      /** Whether it goes through a caller's client, so that its transaction may yet undo it. */
      readonly throughClient: boolean
    }
    readonly stop: { readonly jobs: readonly StoredJobFields[] }
  }
  /** Jobs are cancelled: those with `ids`, or those that a filter selects. */
  'jobs.cancel': ManySpan
  'jobs.retry': ManySpan
  'jobs.delete': ManySpan
  /** A stored job is changed; `fields` are the names of what is. */
  'jobs.update': {
    readonly start: { readonly id: number; readonly fields: readonly string[] }
    /** False when others changed or held it meanwhile: another try follows. */
    readonly stop: { readonly isChanged: boolean }
  }
  /** A producer writes the row without which it may claim nothing. */
  'producer.register': { readonly start: { readonly queue: string }; readonly stop: object }
  /** A producer claims up to `demand` jobs. */
  'producer.fetch': {
    readonly start: { readonly queue: string; readonly demand: number }
    readonly stop: { readonly fetchedCount: number; readonly ids: readonly number[] }
  }
  /** Results of attempts are stored. `jobs` are those that were: others were dropped, or wait on. */
  'acker.flush': {
    readonly start: { readonly count: number }
    readonly stop: { readonly jobs: readonly AckFields[] }
  }
  /** Heartbeats of `count` producers, and the comparison of what is held with what is stored. */
  'refresher.beat': { readonly start: { readonly count: number }; readonly stop: object }
  /** A stopping node compares once more, and takes the rows of its `count` producers away. */
  'refresher.resign': { readonly start: { readonly count: number }; readonly stop: object }
  /** Due jobs of these queues are made available. */
  'stager.stage': {
    readonly start: object
    /** `queues` have available jobs, staged just now or before. */
    readonly stop: { readonly stagedCount: number; readonly queues: readonly string[] }
  }
  /** Jobs of the crontab that are due are inserted, for `runCount` runs that others may win. */
  'cron.insert': {
    readonly start: { readonly runCount: number }
    readonly stop: { readonly ids: readonly number[] }
  }
  /** A look at all producers there are; rows of dead ones that hold nothing are removed. */
  'lifeline.look': {
    readonly start: object
    readonly stop: { readonly producerCount: number; readonly removedCount: number }
  }
  /** A page of the jobs of a dead producer is rescued. */
  'lifeline.rescue': {
    readonly start: { readonly producer: string }
    readonly stop: { readonly rescued: readonly RescuedFields[] }
  }
  /** A page of old jobs is deleted. */
  'pruner.prune': {
    readonly start: object
    readonly stop: {
      readonly completed: number
      readonly cancelled: number
      readonly discarded: number
      readonly isFull: boolean
    }
  }
  /** Indexes are rebuilt; `busy` when somebody else is at the table. */
  'reindexer.reindex': {
    readonly start: { readonly indexes: readonly string[] }
    readonly stop: { readonly outcome: 'busy' | 'denied' | 'done' }
  }
  /** The jobs table is vacuumed after so many processed jobs. */
  'vacuumer.vacuum': {
    readonly start: { readonly processed: number }
    readonly stop: { readonly outcome: 'busy' | 'denied' | 'vacuumed' }
  }
  /** A try to be elected, or to renew the lease. */
  'peer.election': {
    readonly start: { readonly wasLeader: boolean }
    readonly stop: { readonly leader: boolean }
  }
  /** Messages go to other nodes, on one of Oban's channels (`insert`, `signal`, …). */
  'notifier.notify': {
    readonly start: { readonly channel: string; readonly count: number }
    readonly stop: object
  }
}

interface ManySpan {
  readonly start: {
    /** Undefined when a filter says which: it may hold arguments of jobs. */
    readonly ids: readonly number[] | undefined
    readonly throughClient: boolean
  }
  readonly stop: { readonly count: number }
}

export type SpanName = keyof SpanMap

export type SpanStart<Name extends SpanName> = SpanMap[Name]['start']
export type SpanStop<Name extends SpanName> = SpanMap[Name]['stop']

/** How long the work took until it ended, in whatever way. */
export interface Took {
  readonly durationMs: number
}

type Later<Name extends SpanName> = Omit<SpanStart<Name>, keyof SpanStop<Name>>

/** The payloads of the three events of each span. */
export type SpanEvents = {
  readonly [Name in SpanName as `${Name}.start`]: SpanStart<Name>
} & {
  readonly [Name in SpanName as `${Name}.stop`]: Later<Name> & SpanStop<Name> & Took
} & {
  readonly [Name in SpanName as `${Name}.exception`]: SpanStart<Name> &
    Took & { readonly error: unknown }
}

/** Every name once, which the compiler holds to the map. */
const SPANS: Readonly<Record<SpanName, true>> = {
  'jobs.enqueue': true,
  'jobs.cancel': true,
  'jobs.retry': true,
  'jobs.delete': true,
  'jobs.update': true,
  'producer.register': true,
  'producer.fetch': true,
  'acker.flush': true,
  'refresher.beat': true,
  'refresher.resign': true,
  'stager.stage': true,
  'cron.insert': true,
  'lifeline.look': true,
  'lifeline.rescue': true,
  'pruner.prune': true,
  'reindexer.reindex': true,
  'vacuumer.vacuum': true,
  'peer.election': true,
  'notifier.notify': true,
}

function isSpanName(name: string): name is SpanName {
  return Object.hasOwn(SPANS, name)
}

export const SPAN_NAMES: readonly SpanName[] = Object.keys(SPANS).filter(isSpanName)

export type SpanEventName = keyof SpanEvents

export const PHASES = ['start', 'stop', 'exception'] as const

export type Phase = (typeof PHASES)[number]

/** Whether it is one of the three events of a span of ours. */
export function isSpanEventName(name: string): name is SpanEventName {
  const phase = PHASES.find((each) => name.endsWith(`.${each}`))

  return phase !== undefined && isSpanName(name.slice(0, -phase.length - 1))
}

export const SPAN_EVENT_NAMES: readonly SpanEventName[] = SPAN_NAMES.flatMap((name) =>
  PHASES.map((phase) => `${name}.${phase}` as const),
)
