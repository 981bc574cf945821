/** Timestamps of `oban_jobs`: without time zone, in UTC, with microseconds. */

const pattern = /^(\d{4,6})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?/

/** Where a year of four digits ends, and the seconds. */
const YEAR_END = 4
const SECONDS_END = 19

const ZERO = '0'.charCodeAt(0)
const NINE = '9'.charCodeAt(0)

/** The digit at a place, and 0 behind the end. */
function digit(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) - ZERO : 0
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

/**
 * The instant of a `timestamp` as PostgreSQL sends it (`2030-01-31 09:00:00.123456`), cut to
 * milliseconds. What no `Date` can hold ('infinity', years before 1) is an invalid `Date`.
 */
export function parseTimestamp(text: string): Date {
  const isUsual =
    text.length >= SECONDS_END &&
    text[YEAR_END] === '-' &&
    // Years before 1 end with BC.
    text.charCodeAt(text.length - 1) <= NINE &&
    // `Date.UTC` reads years below 100 as 19xx.
    !text.startsWith('00')
  if (!isUsual) return parseUnusual(text)
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const point = SECONDS_END
  const milliseconds =
    text[point] === '.' ? twoDigits(text, point + 1) * 10 + digit(text, point + 3) : 0

  // By their places: a regular expression takes three times as long, and each run has three timestamps.
  return new Date(
    Date.UTC(
      year,
      twoDigits(text, 5) - 1,
      twoDigits(text, 8),
      twoDigits(text, 11),
      twoDigits(text, 14),
      twoDigits(text, 17),
      milliseconds,
    ),
  )
}

/**
 * Reads times of which many are the same, as those of jobs that were stored together are: the last one is
 * remembered.
 */
export function timestampReader(): (text: string) => Date {
  let last = { text: '', ms: Number.NaN }

  return (text) => {
    if (text !== last.text) last = { text, ms: parseTimestamp(text).getTime() }

    return new Date(last.ms)
  }
}

function parseUnusual(text: string): Date {
  const [, year, month, day, hour, minute, second, fraction = ''] = pattern.exec(text) ?? []
  const instant = new Date(0)

  // Date.parse would read the text in the zone of the process.
  instant.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3))
  instant.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds)

  return text.endsWith('BC') ? new Date(Number.NaN) : instant
}
