/** Cases that share their runs: contenders, and what of them is compared. */
import type { Comparison, Figures } from './comparison.ts'
import type { BenchOptions } from './options.ts'
import type { BenchServer } from './server.ts'

/** What a contender works with. */
export interface Stage {
  readonly server: BenchServer
  readonly options: BenchOptions
  /** Flags of Node.js for the processes of ours, as `--cpu-prof`. */
  readonly execArgv: readonly string[]
}

export interface Contender {
  readonly name: string
  /**
   * One run, in processes of its own on a database of its own.
   *
   * @throws {MissingPeerError} when it cannot take part here
   */
  readonly measure: (stage: Stage) => Promise<Figures>
}

export interface Family {
  readonly contenders: readonly Contender[]
  readonly comparisons: readonly Comparison[]
  /** What takes minutes runs once, whatever `--rounds` says. Default: false */
  readonly isOnce?: boolean
}

/** A peer is not there, and why. */
export class MissingPeerError extends Error {
  override readonly name = 'MissingPeerError'
}
