/** What the metrics actor does to the world. */
import type { ClientConfig } from 'pg'
import type { MetricsInput } from '../../actors/metrics.ts'
import type { MetricsConfig } from '../../config.ts'
import type { EndState, Tally } from '../../metrics/tally.ts'
import { attach } from '../../telemetry/channels.ts'
import type { EventMap, Origin } from '../../telemetry/events.ts'
import { keepCounting } from './count.ts'
import { MetricsPublisher } from './metrics-publisher.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'

/** As oban-py, and what Oban Web expects. */
const INTERVAL_MS = 1_000

/** A database that gave up on a count is left alone for a while. */
const RECOUNT_MS = 30_000

/** Telemetry's words for the end of an attempt, in the words of the row. */
const BECAME = {
  success: 'completed',
  cancelled: 'cancelled',
  snoozed: 'scheduled',
  failure: 'retryable',
  discard: 'discarded',
} as const satisfies Record<EventMap['job.exception' | 'job.stop']['state'], EndState>

export function metricsInput(
  runtime: Runtime,
  connect: ClientConfig,
  { counts, estimateAbove }: MetricsConfig,
): MetricsInput {
  const publisher = new MetricsPublisher(runtime)

  return {
    intervalMs: INTERVAL_MS,
    recountMs: RECOUNT_MS,
    record: (signal) => record(runtime.origin, publisher.tally, signal),
    publish: () => publisher.publish(),
    counts,
    count: (signal) =>
      keepCounting(runtime, {
        connect,
        estimateAbove,
        signal,
        onCounted: (counted) => {
          publisher.takeCounts(counted)
        },
      }),
    farewell: () => publisher.farewell(),
    watch: (message) => {
      runtime.tell('peer', message)
    },
    onFailed: (error) => {
      reportFailure(runtime.origin, 'metrics', error)
    },
  }
}

/** Count the jobs that end on this node, until the signal aborts. */
async function record(origin: Origin, tally: Tally, signal: AbortSignal): Promise<never> {
  const detach = attach(['job.stop', 'job.exception'], (event) => {
    if (event.instance !== origin.instance || event.node !== origin.node) return
    const { state, queue, worker, durationMs, queueTimeMs } = event
    tally.add(BECAME[state], queue, worker, durationMs, queueTimeMs)
  })

  return new Promise<never>((_, reject) => {
    const end = () => {
      detach()
      reject(signal.reason)
    }
    signal.addEventListener('abort', end, { once: true })
  })
}
