/** When a job may run, as the options of a job say it and as the insert stores it. */
import type { Problem } from '../errors.ts'
import { type Period, toSeconds } from '../period.ts'
import { type Instant, readInstant } from './instant.ts'

export interface ScheduleOptions {
  /** Not before this much time has passed; a bare number is seconds. Not with `scheduledAt`. */
  readonly scheduleIn?: Period | undefined
  /** Not before this instant. Not with `scheduleIn`. */
  readonly scheduledAt?: Instant | undefined
}

export interface Schedule {
  /** ISO 8601 in UTC, with microseconds. */
  readonly scheduledAt: string | null
  /** Counted from the clock of the database. */
  readonly scheduleInSeconds: number | null
}

export function readSchedule(options: ScheduleOptions, problems: Problem[]): Schedule {
  const { scheduleIn, scheduledAt } = options
  const seconds = scheduleIn === undefined ? null : toSeconds(scheduleIn, 'scheduleIn')
  const instant = scheduledAt === undefined ? null : readInstant(scheduledAt, 'scheduledAt')

  if (typeof seconds === 'object' && seconds !== null) problems.push(seconds)
  if (typeof instant === 'object' && instant !== null) problems.push(instant)
  if (scheduleIn !== undefined && scheduledAt !== undefined) {
    problems.push({ path: 'scheduleIn', message: 'excludes scheduledAt; give only one of them' })
  }

  return {
    scheduledAt: typeof instant === 'string' ? instant : null,
    scheduleInSeconds: typeof seconds === 'number' ? seconds : null,
  }
}
