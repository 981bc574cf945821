/** What the default logger says about each event: a level, a sentence for people, and fields. */
import type { EventName, FactName, TelemetryEvent } from './events.ts'
import { cronWords } from './cron-words.ts'
import { jobWords } from './job-words.ts'
import { leaderWords } from './leader-words.ts'
import { lifeWords } from './life-words.ts'
import { spanWords } from './span-words.ts'
import { isSpanEventName, type SpanEventName } from './spans.ts'
import type { LogLevel } from '../worker/execution.ts'
import { banner, count, micros, MOST_ITEMS, oneLine, type Words } from './words.ts'

export interface Line {
  readonly level: LogLevel
  /** What the line is about: repetitions are counted for each topic apart. */
  readonly topic: string
  /** For people: one line without control characters. */
  readonly message: string
  /** The message without what tells one occurrence from the next. */
  readonly gist: string
  /** Who wrote it: the library, or a job, by its `log` or to the console. */
  readonly via: 'console' | 'log' | 'oban'
  /** It tells how many lines were only counted, of several jobs perhaps. */
  readonly isSummary?: boolean
  /** For machines, with the keys of Oban's default logger: durations are microseconds. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** The highest level of each fact. */
const LOUDEST: Readonly<Record<FactName, LogLevel>> = {
  'job.start': 'info',
  'job.stop': 'info',
  'job.exception': 'error',
  'job.stuck': 'warn',
  'job.log': 'error',
  'module.failed': 'error',
  'notifier.switch': 'warn',
  'signal.failed': 'warn',
  'stager.switch': 'info',
  'queue.change': 'info',
  'queue.shutdown': 'warn',
  'instance.start': 'debug',
  'instance.stop': 'warn',
  'caretaker.start': 'debug',
  'stager.stage': 'debug',
  'cron.insert': 'debug',
  'cron.refused': 'error',
  'lifeline.rescue': 'warn',
  'peer.election': 'info',
  'pruner.prune': 'debug',
  'reindexer.reindex': 'debug',
  'reindexer.denied': 'warn',
  'vacuumer.vacuum': 'debug',
  'vacuumer.denied': 'warn',
  'python.leads': 'warn',
  'producer.fetch': 'debug',
  'acker.flush': 'debug',
  'ack.lost': 'warn',
  'worker.unknown': 'warn',
  'thread.exit': 'warn',
  'query.failed': 'warn',
  'supervisor.report': 'error',
  'inspector.failed': 'error',
  'telemetry.handler_failed': 'error',
}

/** The highest level of an event, so that a logger can leave alone what it would not print. */
export function loudest(name: EventName): LogLevel {
  return isSpanEventName(name) ? 'debug' : LOUDEST[name]
}

function isSpan(event: TelemetryEvent): event is TelemetryEvent<SpanEventName> & TelemetryEvent {
  return isSpanEventName(event.event)
}

const CONNECTIVITY = {
  isolated: { level: 'warn', message: 'notifications do not arrive, so queues are polled' },
  solitary: { level: 'info', message: 'notifications arrive, of this node alone' },
  clustered: { level: 'info', message: 'notifications of other nodes arrive' },
} as const

const MODES = {
  global: 'jobs of other nodes are announced',
  local: 'jobs of other nodes are found by polling',
} as const

function threadWords({ queue, thread, cause, error }: TelemetryEvent<'thread.exit'>): Words {
  const reason = error === undefined ? {} : { error: banner(error) }
  const ended = `of queue ${queue} ended (${cause})${error === undefined ? '' : `: ${reason.error}`}`

  return {
    level: error === undefined ? 'debug' : 'warn',
    message: `thread ${thread} ${ended}`,
    gist: `threads ${ended}`,
    subject: `${queue} ${cause}`,
    fields: { queue: oneLine(queue), thread, cause, ...reason },
  }
}

function rescueWords({ rescued }: TelemetryEvent<'lifeline.rescue'>): Words {
  const ids = (state: 'available' | 'discarded') => {
    const jobs = rescued.filter((job) => job.state === state)

    return jobs.slice(0, MOST_ITEMS).map(({ id }) => id)
  }

  return {
    level: rescued.length === 0 ? 'debug' : 'warn',
    message: `${count(rescued.length, 'job')} of dead nodes rescued`,
    fields: { rescued_jobs: ids('available'), discarded_jobs: ids('discarded') },
  }
}

/** Of jobs that are none of this node's. */
function strayWords(event: TelemetryEvent<'ack.lost' | 'worker.unknown'>): Words {
  if (event.event === 'ack.lost') {
    const { id, attempt, queue } = event
    const rest = `in queue ${queue} dropped, as somebody else owns the row by now`
    const fields = { id, queue: oneLine(queue), attempt }
    const message = `result of job ${id} ${rest}`

    return { level: 'warn', message, gist: `results ${rest}`, subject: queue, fields }
  }
  const { worker, queue } = event
  const message = `worker ${worker} (queue ${queue}) is in none of this node's modules`
  const fields = { worker: oneLine(worker), queue: oneLine(queue) }

  return { level: 'warn', message, subject: worker, fields }
}

/** What nobody but a debugger wants to read. */
function routineWords(
  event: TelemetryEvent<'stager.stage' | 'producer.fetch' | 'acker.flush'>,
): Words {
  switch (event.event) {
    case 'stager.stage': {
      const queues = event.queues.slice(0, MOST_ITEMS).map(oneLine)
      const message = `${count(event.stagedCount, 'job')} made available`

      return { level: 'debug', message, fields: { staged_count: event.stagedCount, queues } }
    }
    case 'producer.fetch': {
      const { queue, demand, fetchedCount } = event
      const message = `queue ${queue} fetched ${count(fetchedCount, 'job')}`
      const fields = { queue: oneLine(queue), demand, count: fetchedCount }

      return { level: 'debug', message, fields: { ...fields, duration: micros(event.durationMs) } }
    }
    case 'acker.flush':
    default: {
      const message = `${count(event.count, 'result')} stored`
      const fields = { count: event.count, duration: micros(event.durationMs) }

      return { level: 'debug', message, fields }
    }
  }
}

/** What went wrong in the runtime, not in a job. */
function failureWords(
  event: TelemetryEvent<
    | 'inspector.failed'
    | 'module.failed'
    | 'query.failed'
    | 'signal.failed'
    | 'supervisor.report'
    | 'telemetry.handler_failed'
  >,
): Words {
  const error = banner(event.error)

  switch (event.event) {
    case 'module.failed': {
      const { module } = event
      const message = `worker module ${module} did not load: ${error}`

      return {
        level: 'error',
        message,
        subject: module,
        fields: { module: oneLine(module), error },
      }
    }
    case 'query.failed': {
      const { source } = event
      const message = `a query of ${source} failed and will be tried again: ${error}`

      return { level: 'warn', message, subject: source, fields: { actor: oneLine(source), error } }
    }
    case 'signal.failed': {
      const { action, queue } = event
      const message = `signal to ${action} queue ${queue} could not be followed: ${error}`
      const fields = { action, queue: oneLine(queue), error }

      return { level: 'warn', message, subject: `${action} ${queue}`, fields }
    }
    case 'supervisor.report': {
      const { kind, id } = event
      const level = kind === 'max_intensity' ? 'error' : 'warn'
      const message = `supervisor: ${kind} of ${id}: ${error}`

      return { level, message, subject: id, fields: { kind, id: oneLine(id), error } }
    }
    case 'inspector.failed': {
      const message = `an observer of the tree threw and is not told anything more: ${error}`

      return { level: 'error', message, fields: { error } }
    }
    case 'telemetry.handler_failed':
    default: {
      const failed = event.failedEvent
      const message = `a telemetry handler of ${failed} threw and is detached: ${error}`
      const fields = { failed_event: failed.replaceAll('.', ':'), error }

      return { level: 'error', message, fields }
    }
  }
}

function logWords({ level, message, fields }: TelemetryEvent<'job.log'>): Words {
  return {
    level,
    message,
    subject: `${String(fields['queue'])} ${String(fields['worker'])}`,
    fields,
  }
}

function words(event: TelemetryEvent<FactName>): Words {
  switch (event.event) {
    case 'job.start':
    case 'job.stop':
    case 'job.exception':
    case 'job.stuck':
      return jobWords(event)
    case 'job.log':
      return logWords(event)
    case 'notifier.switch':
      return { ...CONNECTIVITY[event.status], fields: { connectivity_status: event.status } }
    case 'stager.switch':
      return { level: 'info', message: MODES[event.mode], fields: { mode: event.mode } }
    case 'queue.change':
    case 'instance.start':
    case 'caretaker.start':
    case 'queue.shutdown':
    case 'instance.stop':
      return lifeWords(event)
    case 'thread.exit':
      return threadWords(event)
    case 'lifeline.rescue':
      return rescueWords(event)
    case 'cron.insert':
    case 'cron.refused':
      return cronWords(event)
    case 'peer.election':
    case 'pruner.prune':
    case 'reindexer.reindex':
    case 'reindexer.denied':
    case 'vacuumer.vacuum':
    case 'vacuumer.denied':
    case 'python.leads':
      return leaderWords(event)
    case 'ack.lost':
    case 'worker.unknown':
      return strayWords(event)
    case 'stager.stage':
    case 'producer.fetch':
    case 'acker.flush':
      return routineWords(event)
    case 'module.failed':
    case 'query.failed':
    case 'signal.failed':
    case 'supervisor.report':
    case 'inspector.failed':
    case 'telemetry.handler_failed':
    default:
      return failureWords(event)
  }
}

/** Put an event into words. Never throws, whatever names and errors hold. */
export function lineOf(event: TelemetryEvent): Line {
  const {
    level,
    message: long,
    gist = long,
    subject = '',
    fields,
  } = isSpan(event) ? spanWords(event) : words(event)
  const via = event.event === 'job.log' ? event.via : 'oban'
  // A table must stay one.
  const message = via === 'console' ? long : oneLine(long)
  const name = event.event.replaceAll('.', ':')
  const origin = { source: 'oban', event: name, instance: event.instance, node: event.node }

  return {
    level,
    topic: `${event.event} ${subject}`,
    message,
    gist: oneLine(gist),
    via,
    // Fields that a job gives must not pass for ours.
    fields: { ...origin, ...fields, ...origin },
  }
}

/** Events of single jobs: records that a machine may want to count. */
export function isJob(name: EventName): boolean {
  return name.startsWith('job.')
}
