/** Numbers as people read them. */

/** `12,345`. Intl would take a tenth of a second to load. */
export function count(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 file`, `12 files` */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `823 B`, `1.4 MB`: powers of 1,000. */
export function byteSize(bytes: number): string {
  let value = bytes
  let unit = 0
  // What rounds to 1,000 belongs to the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1

  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** `85 ms`, `3.2 s`, `2 min 5 s` */
export function elapsed(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)

  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

const AGES: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
]

/** `12 s`, `3 min`, `5 h`, `12 d`: how long ago something was, where the order of magnitude counts. */
export function age(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 1_000)
  // Two of a unit: `90 min` says more than `1 h`.
  const [size, unit] = AGES.find(([least]) => seconds >= 2 * least) ?? [1, 's']

  return `${count(Math.floor(seconds / size))} ${unit}`
}
