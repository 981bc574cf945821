/**
 * A supervisor's input, and its defaults.
 */
import { nowOf, type System } from './clock.ts'
import type { Strategy } from './description.ts'
import type { ReportHandler } from './report.ts'
import type { ChildSpec } from './spec.ts'

export type AutoShutdown = 'all_significant' | 'any_significant' | 'never'

export interface SupervisorInput {
  /** Started in this order, each once the one before is ready. Default: none. */
  readonly children?: readonly ChildSpec[]
  /** Default: `'one_for_one'`. */
  readonly strategy?: Strategy
  /** Restarts that are allowed within `maxSeconds`. Default: 3. */
  readonly maxRestarts?: number
  /** The sliding window of `maxRestarts`, in seconds. Default: 5. */
  readonly maxSeconds?: number
  /** Most children that may run or restart at once, for `startChild`. Default: no bound. */
  readonly maxChildren?: number
  /** Whether the end of significant children ends the supervisor. Default: `'never'`. */
  readonly autoShutdown?: AutoShutdown
  /** Stop children one by one in reverse order, or all at once. Default: `'sequential'`. */
  readonly shutdownMode?: 'parallel' | 'sequential'
  /** A reading in milliseconds. Default: the system's clock if it can be read, else monotonic. */
  readonly now?: () => number
  /** Hears what went wrong and what was done about it. Default: nobody. */
  readonly onReport?: ReportHandler
}

export type Options = Required<SupervisorInput>

/** Fill in the defaults of an input that was validated. */
export function resolveOptions(input: SupervisorInput, system: System): Options {
  return {
    children: input.children ?? [],
    strategy: input.strategy ?? 'one_for_one',
    maxRestarts: input.maxRestarts ?? 3,
    maxSeconds: input.maxSeconds ?? 5,
    maxChildren: input.maxChildren ?? Number.POSITIVE_INFINITY,
    autoShutdown: input.autoShutdown ?? 'never',
    shutdownMode: input.shutdownMode ?? 'sequential',
    now: input.now ?? nowOf(system),
    onReport: input.onReport ?? (() => undefined),
  }
}
