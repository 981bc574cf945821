/** Wall clocks of time zones. */
import { nearest } from '../suggestion.ts'
import { shown } from '../shown.ts'

export const MINUTE_MS = 60_000

/** Names that nobody writes by chance, with their spelling: other languages compare them exactly. */
const SPELLED = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/

export class Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat | undefined
  /** The minute asked for last, as all entries of a tick ask for the same. */
  #last = { atMs: Number.NaN, offsetMs: 0 }

  /** @throws {RangeError} when there is no such zone */
  constructor(name: string) {
    this.name = name
    // Its name needs no look, and nothing but it is asked for by default: the first format of a process
    // takes some 15 ms.
    this.#format = /^(?:Etc\/)?UTC$/.test(name) ? undefined : formatOf(name)
  }

  /**
   * What is to be added to an instant for the minute that the wall clock shows then, in milliseconds:
   * read as UTC, the sum is that minute.
   *
   * @param atMs - the beginning of a minute
   */
  offsetMs(atMs: number): number {
    if (this.#format === undefined) return 0
    if (this.#last.atMs !== atMs) {
      this.#last = { atMs, offsetMs: wallMs(this.#format, atMs) - atMs }
    }

    return this.#last.offsetMs
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
}

function wallMs(format: Intl.DateTimeFormat, atMs: number): number {
  // `11/22/2026, 09:30`: reading the text costs half of `formatToParts`.
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = (
    format.format(atMs).match(/\d+/g) ?? []
  ).map(Number)

  return Date.UTC(year, month - 1, day, hour, minute)
}

const zones = new Map<string, Zone>()

/** The zone of that name, which `zoneProblem` has nothing against. */
export function zoneOf(name: string): Zone {
  let zone = zones.get(name)
  if (zone === undefined) {
    zone = new Zone(name)
    zones.set(name, zone)
  }

  return zone
}

function isZone(name: string): boolean {
  try {
    zoneOf(name)

    return true
  } catch {
    // A RangeError, which says no more than that.
    return false
  }
}

/** Why a value is not the name of a time zone. */
export function zoneProblem(given: unknown): string | undefined {
  const expected = "expected a time zone such as 'Europe/Berlin'"
  if (typeof given !== 'string') return `${expected}, found ${shown(given)}`
  const known = Intl.supportedValuesOf('timeZone')
  // Node.js reads `europe/berlin` as well; the time zones of Elixir, for Oban Web, do not.
  const right = known.find((name) => name !== given && name.toLowerCase() === given.toLowerCase())
  if (SPELLED.test(given) && right === undefined && isZone(given)) return undefined
  const meant = right ?? nearest(given, ['UTC', ...known])
  const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`

  return `${expected}, found ${JSON.stringify(given.slice(0, 60))}${hint}`
}

/**
 * The first minute on the way from one minute to another at which the clocks have been changed.
 *
 * @returns undefined when they show the same all the way
 */
export function clockChange(zone: Zone, fromMs: number, toMs: number): number | undefined {
  const before = zone.offsetMs(fromMs)
  // No zone has changed its clocks twice in six hours.
  const stride = Math.sign(toMs - fromMs) * 360 * MINUTE_MS
  let same = fromMs
  while (same !== toMs) {
    const isLast = Math.abs(toMs - same) <= Math.abs(stride)
    const next = isLast ? toMs : same + stride
    if (zone.offsetMs(next) !== before) return bisect(zone, same, next)
    same = next
  }

  return undefined
}

function bisect(zone: Zone, sameMs: number, changedMs: number): number {
  const before = zone.offsetMs(sameMs)
  let [same, changed] = [sameMs, changedMs]
  while (Math.abs(changed - same) > MINUTE_MS) {
    const middle = same + Math.trunc((changed - same) / 2 / MINUTE_MS) * MINUTE_MS
    if (zone.offsetMs(middle) === before) same = middle
    else changed = middle
  }

  return changed
}
