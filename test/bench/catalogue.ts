/** Every family of cases, in the order in which they run. */
import { drainFamily } from './cases/drain.ts'
import type { Family } from './family.ts'
import type { BenchOptions } from './options.ts'

export function families(options: BenchOptions): Family[] {
  return [drainFamily(options)]
}

/** Names of all cases, each once. */
export function caseNames(options: BenchOptions): string[] {
  return [
    ...new Set(
      families(options).flatMap(({ comparisons }) => comparisons.map((each) => each.case)),
    ),
  ]
}
