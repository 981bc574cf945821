/** What the default logger says about the crontab. */
import type { TelemetryEvent } from './events.ts'
import { banner, count, micros, oneLine, type Words } from './words.ts'

/** Lists in fields are cut: a crontab may have hundreds of entries. */
const MOST_JOBS = 100

export function cronWords(event: TelemetryEvent<'cron.insert' | 'cron.refused'>): Words {
  if (event.event === 'cron.insert') {
    const { jobs, durationMs } = event

    return {
      level: 'debug',
      message: `${count(jobs.length, 'periodic job')} inserted`,
      fields: { jobs: jobs.slice(0, MOST_JOBS).map(({ id }) => id), duration: micros(durationMs) },
    }
  }
  const { name, worker, expression } = event
  const error = banner(event.error)

  return {
    level: 'error',
    message: `the periodic jobs "${expression}" of ${worker} cannot be inserted: ${error}`,
    subject: name,
    fields: { name: oneLine(name), worker: oneLine(worker), expression, error },
  }
}
