/** What the events of jobs and threads come to as numbers. All of it is counted on the main thread. */
import type { Attributes, Meter } from '@opentelemetry/api'
import { preciseMs } from '../clock.ts'
import type { Sending } from '../instruments.ts'
import type { JobRow } from '../job.ts'
import { attach } from '../telemetry/channels.ts'
import type { JobFields, Origin, TelemetryEvent } from '../telemetry/events.ts'
import {
  DESTINATION,
  ERROR_TYPE,
  INSTANCE,
  NODE,
  OPERATION_NAME,
  OPERATION_TYPE,
  OUTCOME,
  SYSTEM,
  WORKER,
} from './attributes.ts'
import { errorType } from './failure.ts'
import { harmless } from './harmless.ts'

/** Seconds, as the messaging conventions want them. */
const OPERATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]

/** Seconds: jobs take and wait from a moment to hours. */
const JOB_BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400]

function histogram(meter: Meter, name: string, description: string, buckets: number[]) {
  const advice = { explicitBucketBoundaries: buckets }

  return meter.createHistogram(name, { unit: 's', description, advice })
}

function makeMeters(meter: Meter) {
  return {
    sent: meter.createCounter('messaging.client.sent.messages', {
      unit: '{message}',
      description: 'Jobs that were enqueued, or that could not be.',
    }),
    operation: histogram(
      meter,
      'messaging.client.operation.duration',
      'How long it took to enqueue jobs.',
      OPERATION_BUCKETS,
    ),
    consumed: meter.createCounter('messaging.client.consumed.messages', {
      unit: '{message}',
      description: 'Attempts that were begun.',
    }),
    duration: histogram(
      meter,
      'messaging.process.duration',
      'How long the bodies of jobs ran.',
      JOB_BUCKETS,
    ),
    queueTime: histogram(
      meter,
      'oban.job.queue_time',
      'How long jobs that were due waited for their fetch.',
      JOB_BUCKETS,
    ),
    ended: meter.createCounter('oban.job.attempts', {
      unit: '{attempt}',
      description: 'Attempts that ended, by how.',
    }),
    exits: meter.createCounter('oban.thread.exits', {
      unit: '{thread}',
      description: 'Threads that ended, by cause.',
    }),
  }
}

function jobAttributes({ instance, node, queue, worker }: JobFields & Origin): Attributes {
  return {
    [SYSTEM]: 'oban',
    [OPERATION_NAME]: 'process',
    [DESTINATION]: queue,
    [WORKER]: worker,
    [INSTANCE]: instance,
    [NODE]: node,
  }
}

type Meters = ReturnType<typeof makeMeters>

function countEnd(
  { duration, queueTime, ended }: Meters,
  event: TelemetryEvent<'job.exception' | 'job.stop'>,
): void {
  const attributes = jobAttributes(event)
  const error = event.event === 'job.exception' ? { [ERROR_TYPE]: errorType(event.error) } : {}
  duration.record(event.durationMs / 1_000, { ...attributes, ...error })
  queueTime.record(event.queueTimeMs / 1_000, attributes)
  ended.add(1, { ...attributes, [OUTCOME]: event.state, ...error })
}

type Counted = TelemetryEvent<'job.exception' | 'job.start' | 'job.stop' | 'thread.exit'>

function count(meters: Meters, event: Counted): void {
  switch (event.event) {
    case 'job.start':
      meters.consumed.add(1, jobAttributes(event))
      break
    case 'job.stop':
    case 'job.exception':
      countEnd(meters, event)
      break
    case 'thread.exit': {
      const { instance, node, queue, cause } = event
      const place = { [DESTINATION]: queue, [INSTANCE]: instance, [NODE]: node }
      meters.exits.add(1, { ...place, 'oban.thread.exit_cause': cause })
      break
    }
    default:
      event satisfies never
  }
}

export interface Metrics {
  /** Measure how jobs are stored. */
  readonly send: (
    sending: Sending,
    store: () => Promise<readonly JobRow[]>,
  ) => Promise<readonly JobRow[]>
  readonly stop: () => void
}

/** Count from now on. */
export function startMetrics(meter: Meter, isOurs: (instance: string) => boolean): Metrics {
  const meters = makeMeters(meter)
  const stop = attach(['job.start', 'job.stop', 'job.exception', 'thread.exit'], (event) => {
    if (isOurs(event.instance)) harmless(() => count(meters, event))
  })

  return {
    stop,
    send: async (sending, store) => {
      const startedAtMs = preciseMs()
      try {
        const rows = await store()
        harmless(() => {
          countSent(meters, sending, rows, preciseMs() - startedAtMs)
        })

        return rows
      } catch (error) {
        harmless(() => {
          countRefused(meters, sending, error, preciseMs() - startedAtMs)
        })
        throw error
      }
    },
  }
}

function sendAttributes(instance: string, queue: string | undefined): Attributes {
  return {
    [SYSTEM]: 'oban',
    [OPERATION_NAME]: 'enqueue',
    [OPERATION_TYPE]: 'send',
    [INSTANCE]: instance,
    ...(queue !== undefined && { [DESTINATION]: queue }),
  }
}

/** How many of the rows are for each queue. */
function perQueue(rows: ReadonlyArray<{ readonly queue: string }>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { queue } of rows) counts.set(queue, (counts.get(queue) ?? 0) + 1)

  return counts
}

/** The queue that all of them have. */
function onlyQueue(counts: ReadonlyMap<string, number>): string | undefined {
  return counts.size === 1 ? [...counts.keys()][0] : undefined
}

function countSent(
  { sent, operation }: Meters,
  { instance, jobs }: Sending,
  rows: readonly JobRow[],
  tookMs: number,
): void {
  // What exists already was not sent.
  for (const [queue, stored] of perQueue(rows.filter(({ conflict }) => !conflict))) {
    sent.add(stored, sendAttributes(instance, queue))
  }
  operation.record(tookMs / 1_000, sendAttributes(instance, onlyQueue(perQueue(jobs))))
}

function countRefused(
  { sent, operation }: Meters,
  { instance, jobs }: Sending,
  error: unknown,
  tookMs: number,
): void {
  const counts = perQueue(jobs)
  const failed = { [ERROR_TYPE]: errorType(error) }
  for (const [queue, refused] of counts) {
    sent.add(refused, { ...sendAttributes(instance, queue), ...failed })
  }
  operation.record(tookMs / 1_000, { ...sendAttributes(instance, onlyQueue(counts)), ...failed })
}
