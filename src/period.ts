/** Lengths of time, written with their units. */

/** A length of time; the units add up. */
export interface Duration {
  readonly milliseconds?: number | undefined
  readonly seconds?: number | undefined
  readonly minutes?: number | undefined
  readonly hours?: number | undefined
  readonly days?: number | undefined
  readonly weeks?: number | undefined
}

/** The length of a duration in whole milliseconds. */
export function toMilliseconds(duration: Duration): number {
  const { milliseconds = 0, seconds = 0, minutes = 0, hours = 0, days = 0, weeks = 0 } = duration
  const allHours = hours + 24 * (days + 7 * weeks)

  return Math.round(milliseconds + 1_000 * (seconds + 60 * (minutes + 60 * allHours)))
}
