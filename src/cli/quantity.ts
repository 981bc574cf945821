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
