/** Every family of cases, in the order in which they run. */
import { backlogFamily } from './cases/backlog.ts'
import { computeFamily } from './cases/compute.ts'
import { drainFamily } from './cases/drain.ts'
import { growthFamily } from './cases/growth.ts'
import { idleFamily } from './cases/idle.ts'
import { insertFamily } from './cases/insert.ts'
import { latencyFamily } from './cases/latency.ts'
import { memoryFamily } from './cases/memory.ts'
import { recoveryFamily } from './cases/recovery.ts'
import { scaleOutFamily } from './cases/scale-out.ts'
import type { Family } from './family.ts'
import type { BenchOptions } from './options.ts'

export function families(options: BenchOptions): Family[] {
  return [
    drainFamily(options),
    latencyFamily,
    insertFamily,
    idleFamily,
    scaleOutFamily,
    computeFamily,
    recoveryFamily,
    memoryFamily,
    growthFamily,
    backlogFamily,
  ]
}

/** Names of all cases, each once. */
export function caseNames(options: BenchOptions): string[] {
  const all = families(options).flatMap(({ comparisons }) => comparisons)

  return [...new Set(all.map((comparison) => comparison.case))]
}
