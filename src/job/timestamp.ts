/** Timestamps of `oban_jobs`: without time zone, in UTC, with microseconds. */

const pattern = /^(\d{4,6})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?/

/**
 * The instant of a `timestamp` as PostgreSQL sends it (`2030-01-31 09:00:00.123456`), cut to
 * milliseconds. What no `Date` can hold ('infinity', years before 1) is an invalid `Date`.
 */
export function parseTimestamp(text: string): Date {
  const [, year, month, day, hour, minute, second, fraction = ''] = pattern.exec(text) ?? []
  const instant = new Date(0)

  // Date.parse would read the text in the zone of the process, and Date.UTC years below 100 as 19xx.
  instant.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3))
  instant.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds)

  return text.endsWith('BC') ? new Date(Number.NaN) : instant
}
