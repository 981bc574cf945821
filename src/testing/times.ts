/** Times that a test expects. Nobody knows them to the millisecond, so each has a tolerance. */
import type { Problem } from '../errors.ts'
import { readInstant } from '../job/instant.ts'
import type { Job } from '../job.ts'
import { toSeconds } from '../period.ts'
import { type Criterion, type Difference, differInWords } from './difference.ts'

export interface Tolerance {
  readonly deltaMs: number
  readonly now: () => Date
}

function spelled(ms: number): string {
  return `${Math.round(ms) / 1_000} s`
}

function within({ deltaMs }: Tolerance): string {
  return deltaMs === 0 ? '' : ` ± ${spelled(deltaMs)}`
}

/** An instant, or null where there shall be none. */
export function timeCriterion(
  name: string,
  value: unknown,
  tolerance: Tolerance,
): Criterion | readonly Problem[] {
  const text = value === null ? null : readInstant(value, name)
  if (typeof text === 'object' && text !== null) return [text]
  const atMs = text === null ? undefined : Date.parse(text)
  const expected = atMs === undefined ? 'none' : `${iso(atMs)}${within(tolerance)}`
  const compare = (job: Job<unknown>) => {
    const found: unknown = Reflect.get(job, name)
    const foundMs = found instanceof Date ? found.getTime() : undefined
    const isNear =
      atMs === undefined || foundMs === undefined
        ? atMs === foundMs
        : Math.abs(foundMs - atMs) <= tolerance.deltaMs

    return isNear
      ? []
      : differInWords(name, expected, foundMs === undefined ? 'none' : iso(foundMs))
  }

  return inWords(name, expected, compare)
}

/** What is compared as text by whoever shows it. */
function inWords(
  name: string,
  expected: string,
  differences: (job: Job<unknown>) => readonly Difference[],
): Criterion {
  const found = (job: Job<unknown>) => differences(job)[0]?.found() ?? expected

  return { name, expected, value: expected, differences, found }
}

function iso(ms: number): string {
  return Number.isNaN(ms) ? 'no time that a Date can hold' : new Date(ms).toISOString()
}

/**
 * A delay from the insert, which a long transaction or a slow test does not change; or from now, for
 * jobs that were scheduled anew.
 */
export function scheduledInCriterion(
  name: string,
  value: unknown,
  tolerance: Tolerance,
): Criterion | readonly Problem[] {
  const seconds = toSeconds(value, name)
  if (typeof seconds !== 'number') return [seconds]
  const delayMs = seconds * 1_000
  const expected = `${spelled(delayMs)}${within(tolerance)}`
  const compare = ({ insertedAt, scheduledAt }: Job<unknown>) => {
    const sinceInsertMs = scheduledAt.getTime() - insertedAt.getTime()
    const fromNowMs = scheduledAt.getTime() - tolerance.now().getTime()
    const isNear = [sinceInsertMs, fromNowMs].some(
      (foundMs) => Math.abs(foundMs - delayMs) <= tolerance.deltaMs,
    )

    return isNear ? [] : differInWords(name, expected, spelled(sinceInsertMs))
  }

  return inWords(name, expected, compare)
}
