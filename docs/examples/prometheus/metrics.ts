/** What an instance of Oban has to tell Prometheus: its events as numbers, and how it is when it is asked. */
import type { Health, Oban } from 'oban-ts'
import { attach } from 'oban-ts/telemetry'
import { Counter, gauge, Histogram } from './exposition.ts'

/** Seconds. */
const bounds = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600]

function healthMetrics({ ok, instance, leader, queues }: Health): string[] {
  const places = queues.map((queue) => ({ queue, labels: { instance, queue: queue.queue } }))

  return [
    gauge('oban_up', 'Whether the node can do its work.', [[{ instance }, Number(ok)]]),
    gauge('oban_leader', 'Whether the node leads.', [[{ instance }, Number(leader.isLeader)]]),
    gauge(
      'oban_queue_jobs',
      'Jobs of all nodes in the database; 10000 stands for more.',
      places.flatMap(({ queue, labels }) => [
        [{ ...labels, state: 'available' }, queue.available] as const,
        [{ ...labels, state: 'executing' }, queue.executing] as const,
      ]),
    ),
    gauge(
      'oban_queue_oldest_available_seconds',
      'For how long the job has been due that has waited longest.',
      places.map(({ queue, labels }) => [labels, queue.oldestAvailableSeconds] as const),
    ),
    gauge(
      'oban_queue_running',
      'Jobs that this node executes.',
      places.map(({ queue, labels }) => [labels, queue.running] as const),
    ),
    gauge(
      'oban_queue_limit',
      'Jobs that this node executes at once.',
      places.map(({ queue, labels }) => [labels, queue.limit] as const),
    ),
    gauge(
      'oban_queue_paused',
      'Whether the queue is paused on this node.',
      places.map(({ queue, labels }) => [labels, Number(queue.paused)] as const),
    ),
  ]
}

export interface ObanMetrics {
  /** The text of an answer. One query of the database. */
  readonly read: () => Promise<string>
  readonly stop: () => void
}

/** Count what an instance does from now on. Call it before `oban.start()`. */
export function observe(oban: Oban): ObanMetrics {
  const attempts = new Counter('oban_attempts_total', 'Attempts that ended, by how.')
  const exits = new Counter('oban_thread_exits_total', 'Threads that ended, by cause.')
  const duration = new Histogram('oban_attempt_duration_seconds', 'How long bodies ran.', bounds)
  const waited = new Histogram(
    'oban_queue_time_seconds',
    'How long due jobs waited for their fetch.',
    bounds,
  )
  // Workers and queues are few. Ids of jobs do not belong into labels: each would be a time series.
  const detach = attach(['job.stop', 'job.exception', 'thread.exit'], (event) => {
    const { instance, queue } = event
    if (instance !== oban.name) return
    if (event.event === 'thread.exit') return exits.add({ instance, queue, cause: event.cause })
    const labels = { instance, queue, worker: event.worker }
    attempts.add({ ...labels, state: event.state })
    duration.observe(labels, event.durationMs / 1_000)
    waited.observe(labels, event.queueTimeMs / 1_000)
  })

  return {
    read: async () => {
      const health = healthMetrics(await oban.health())

      return [attempts, exits, duration, waited, ...health].join('')
    },
    stop: detach,
  }
}
