/**
 * What a job's `process` can answer besides nothing.
 *
 * The brand is a registered symbol: a thread and a bundle may each load their own copy of this
 * package, and `instanceof` does not hold between copies.
 */
import { ConfigError } from '../errors.ts'
import { type Period, toSeconds } from '../period.ts'

const brand: unique symbol = Symbol.for('oban-ts.result')

/** Stop for good; the job becomes `cancelled`. */
export class Cancel {
  readonly [brand] = 'cancel'
  /** Stored with the job's errors, when given. */
  readonly reason: string | undefined

  constructor(reason: string | undefined) {
    this.reason = reason
  }
}

/** Run again later; the attempt is not counted. */
export class Snooze {
  readonly [brand] = 'snooze'
  readonly seconds: number

  constructor(seconds: number) {
    this.seconds = seconds
  }
}

/** Complete, and keep a value with the job. */
export class Recorded<out Value> {
  readonly [brand] = 'recorded'
  readonly value: Value

  constructor(value: Value) {
    this.value = value
  }
}

function hasBrand(value: unknown, kind: string): boolean {
  return typeof value === 'object' && value !== null && brand in value && value[brand] === kind
}

/**
 * Stop the job for good: it becomes `cancelled` and is not tried again. Return it or throw it.
 *
 * @example
 * ```ts
 * if (user === undefined) return cancel('the user is gone')
 * ```
 *
 * @see https://hexdocs.pm/oban/Oban.Worker.html#t:result/0
 */
export function cancel(reason?: string): Cancel {
  return new Cancel(reason)
}

/**
 * Put the job off without counting the attempt. Return it or throw it.
 *
 * @example
 * ```ts
 * throw snooze({ minutes: 5 })
 * ```
 *
 * @param duration - a duration, or a number of seconds; 0 or more
 * @throws {ConfigError} when the duration is negative or not a duration
 * @see https://hexdocs.pm/oban/Oban.Worker.html#t:result/0
 */
export function snooze(duration: Period): Snooze {
  const seconds = toSeconds(duration, 'snooze')
  if (typeof seconds !== 'number') throw new ConfigError([seconds])

  return new Snooze(seconds)
}

/**
 * Complete the job and keep a value with it, readable as `job.recorded`.
 *
 * The value is stored in Erlang's term format, so that Oban Web and Elixir can read it: JSON values
 * and BigInt; a Date becomes its ISO string. One that cannot be stored, or is larger than 64 MB,
 * fails the job with `OBAN_RECORD`.
 *
 * @example
 * ```ts
 * return record({ bytes: 1234 })
 * ```
 */
export function record<Value>(value: Value): Recorded<Value> {
  return new Recorded(value)
}

/** Whether a value was made by `cancel()`, of this copy of the package or another. */
export function isCancel(value: unknown): value is Cancel {
  return hasBrand(value, 'cancel')
}

/** Whether a value was made by `snooze()`, of this copy of the package or another. */
export function isSnooze(value: unknown): value is Snooze {
  return hasBrand(value, 'snooze')
}

/** Whether a value was made by `record()`, of this copy of the package or another. */
export function isRecorded(value: unknown): value is Recorded<unknown> {
  return hasBrand(value, 'recorded')
}
