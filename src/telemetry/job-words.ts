/** What the default logger says about jobs. */
import type { JobFields, TelemetryEvent } from './events.ts'
import { banner, micros, millis, oneLine, type Words } from './words.ts'

/** No `args` and no `meta`, which Oban's logger prints: both may hold secrets, and megabytes. */
function jobFields(job: JobFields) {
  return {
    id: job.id,
    worker: oneLine(job.worker),
    queue: oneLine(job.queue),
    attempt: job.attempt,
    max_attempts: job.maxAttempts,
    tags: job.tags.slice(0, 20).map(oneLine),
  }
}

type JobEvent = TelemetryEvent<'job.start' | 'job.stop' | 'job.exception' | 'job.stuck'>

const OUTCOMES = {
  success: 'succeeded',
  cancelled: 'was cancelled',
  snoozed: 'snoozed',
  failure: 'failed',
  discard: 'failed for the last time',
} as const

/** What is said about one job. */
export function jobWords(event: JobEvent): Words {
  const attempt = `attempt ${event.attempt}/${event.maxAttempts}`
  if (event.event === 'job.start') {
    const message = `job ${event.id} ${event.worker} started (${attempt})`

    return { level: 'info', message, fields: jobFields(event) }
  }
  if (event.event === 'job.stuck') {
    const rest = 'goes on though it should have ended: nothing can end it on the main thread'
    const message = `job ${event.id} ${event.worker} ${rest} (${attempt})`

    return {
      level: 'warn',
      message,
      gist: `jobs of ${event.worker} go on though they should have ended`,
      subject: event.worker,
      fields: jobFields(event),
    }
  }

  const { state, durationMs, queueTimeMs } = event
  const times = { duration: micros(durationMs), queue_time: micros(queueTimeMs), state }
  const ended = `${event.worker} ${OUTCOMES[state]}`
  const message = `job ${event.id} ${ended} (${attempt}, ${millis(durationMs)})`
  const fields = { ...jobFields(event), ...times }
  if (event.event === 'job.stop') return { level: 'info', message, fields }

  const error = banner(event.error)

  return {
    level: state === 'discard' ? 'error' : 'warn',
    message: `${message}: ${error}`,
    gist: `jobs of ${ended}: ${error}`,
    subject: event.worker,
    fields: { ...fields, error },
  }
}
