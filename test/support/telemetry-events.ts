/** One event of each kind of fact, the ones that look worst where an event has several looks. */
import type { FactName, Origin, TelemetryEvent } from '../../src/telemetry/events.ts'

export const origin: Origin = { instance: 'Oban', node: 'web.1' }

export const job = {
  id: 42,
  worker: 'Media.Resize',
  queue: 'media',
  attempt: 2,
  maxAttempts: 5,
  tags: ['png'],
}

const times = { durationMs: 120.4567, queueTimeMs: 3 }
const error = new Error('connection refused')

export const samples: { readonly [Name in FactName]: TelemetryEvent<Name> } = {
  'job.start': { event: 'job.start', ...origin, ...job },
  'job.stop': { event: 'job.stop', ...origin, ...job, ...times, state: 'success' },
  'job.exception': {
    event: 'job.exception',
    ...origin,
    ...job,
    ...times,
    state: 'discard',
    error,
  },
  'job.stuck': { event: 'job.stuck', ...origin, ...job },
  'job.log': {
    event: 'job.log',
    via: 'log',
    ...origin,
    level: 'error',
    message: 'no such image',
    fields: { id: 42, path: 'a.png' },
  },
  'cron.insert': {
    event: 'cron.insert',
    ...origin,
    jobs: [{ id: 7, worker: 'Digest', queue: 'mail', name: 'daily', runAt: new Date(0) }],
    durationMs: 3.5,
  },
  'cron.refused': {
    event: 'cron.refused',
    ...origin,
    name: 'daily',
    worker: 'Digest',
    expression: '@daily',
    error,
  },
  'module.failed': { event: 'module.failed', ...origin, module: 'file:///workers.js', error },
  'notifier.switch': { event: 'notifier.switch', ...origin, status: 'isolated' },
  'stager.switch': { event: 'stager.switch', ...origin, mode: 'local' },
  'signal.failed': { event: 'signal.failed', ...origin, action: 'start', queue: 'late', error },
  'queue.change': {
    event: 'queue.change',
    ...origin,
    queue: 'media',
    limit: 10,
    threads: 2,
    paused: true,
  },
  'instance.start': {
    event: 'instance.start',
    ...origin,
    prefix: 'public',
    queues: [{ name: 'media', limit: 10 }],
  },
  'caretaker.start': { event: 'caretaker.start', ...origin, caretaker: 'pruner' },
  'queue.shutdown': {
    event: 'queue.shutdown',
    ...origin,
    queue: 'media',
    elapsedMs: 15_000,
    orphaned: [1, 2],
  },
  'instance.stop': { event: 'instance.stop', ...origin, elapsedMs: 6_000, undelivered: 2 },
  'stager.stage': { event: 'stager.stage', ...origin, stagedCount: 3, queues: ['media'] },
  'lifeline.rescue': {
    event: 'lifeline.rescue',
    ...origin,
    rescued: [
      { id: 1, queue: 'media', state: 'available' },
      { id: 2, queue: 'media', state: 'discarded' },
    ],
  },
  'peer.election': { event: 'peer.election', ...origin, leader: true, wasLeader: false },
  'pruner.prune': {
    event: 'pruner.prune',
    ...origin,
    completed: 2,
    cancelled: 1,
    discarded: 0,
    durationMs: 4,
    isFull: false,
  },
  'reindexer.reindex': {
    event: 'reindexer.reindex',
    ...origin,
    rebuilt: ['oban_jobs_args_index'],
    dropped: ['oban_jobs_args_index_ccnew'],
    durationMs: 80,
  },
  'reindexer.denied': { event: 'reindexer.denied', ...origin },
  'vacuumer.vacuum': {
    event: 'vacuumer.vacuum',
    ...origin,
    processed: 100_000,
    durationMs: 150,
  },
  'vacuumer.denied': { event: 'vacuumer.denied', ...origin },
  'python.leads': { event: 'python.leads', ...origin, nodes: ['py.1', 'py.2'] },
  'producer.fetch': {
    event: 'producer.fetch',
    ...origin,
    queue: 'media',
    demand: 10,
    fetchedCount: 1,
    durationMs: 2,
  },
  'acker.flush': { event: 'acker.flush', ...origin, count: 7, durationMs: 2 },
  'ack.lost': { event: 'ack.lost', ...origin, id: 42, queue: 'media', attempt: 2 },
  'worker.unknown': { event: 'worker.unknown', ...origin, worker: 'Gone', queue: 'media' },
  'thread.exit': {
    event: 'thread.exit',
    ...origin,
    queue: 'media',
    thread: 3,
    cause: 'crash',
    error,
  },
  'query.failed': { event: 'query.failed', ...origin, source: 'stager', error },
  'supervisor.report': {
    event: 'supervisor.report',
    ...origin,
    kind: 'max_intensity',
    id: 'queue/media',
    error,
  },
  'inspector.failed': { event: 'inspector.failed', ...origin, error },
  'telemetry.handler_failed': {
    event: 'telemetry.handler_failed',
    ...origin,
    failedEvent: 'job.stop',
    error,
  },
}
