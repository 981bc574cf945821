/**
 * What CI looks at: whether a ratio is far outside of what `docs/performance.md` says. Half of it is no
 * noise any more, whatever else the machine does.
 */
import { readFileSync } from 'node:fs'
import type { Comparison, Outcome } from './comparison.ts'
import type { BenchOptions } from './options.ts'

export interface Documented {
  readonly case: string
  readonly against: string
  readonly ratio: number
}

/** By how much a ratio may be off. */
const FACTOR = 2

/** The ratios that are documented, and looked at. */
export function documented(): Documented[] {
  return JSON.parse(readFileSync(new URL('./documented.json', import.meta.url), 'utf8'))
}

function isSame(
  one: Pick<Documented, 'against' | 'case'>,
  other: { readonly case: string; readonly against: string | null | undefined },
): boolean {
  return one.case === other.case && one.against === other.against
}

export function isGuarded(all: readonly Documented[], { case: name, reference }: Comparison) {
  return all.some((each) => isSame(each, { case: name, against: reference?.label }))
}

/** Short enough for CI. Only what is documented is compared, so what else was given does not count. */
export function guardOptions(options: BenchOptions): BenchOptions {
  return {
    ...options,
    cases: [],
    n: 10_000,
    limit: undefined,
    threads: undefined,
    prefetch: undefined,
    bytes: 0,
    rounds: 2,
    seconds: 3,
    peers: false,
  }
}

/** Of a latency less is better, of all else more. */
function isFarOff(found: number, { case: name, ratio }: Documented): boolean {
  return name.startsWith('latency/') ? found > ratio * FACTOR : found < ratio / FACTOR
}

/** The documented ratios that were missed by far, or not measured at all, and a line for each. */
export function farOff(
  outcomes: readonly Outcome[],
  all: readonly Documented[],
): Array<Documented & { readonly line: string }> {
  return all.flatMap((each) => {
    const found = outcomes.find((outcome) => isSame(each, outcome))?.ratio ?? undefined
    if (found !== undefined && !isFarOff(found, each)) return []
    const said = `${each.case} against ${each.against}: ${each.ratio} is documented`

    return [{ ...each, line: `${said}, ${found?.toFixed(2) ?? 'nothing'} was found` }]
  })
}
