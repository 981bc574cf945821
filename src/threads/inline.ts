/** The pool of an inline queue: bodies run on the main thread, and nothing can stop them by force. */
import type { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import type { AbortCode } from '../job-errors.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import { TokenTable } from '../token-table.ts'
import { Executor, type ExecutorOptions } from './executor.ts'
import { GRACE_MS } from './overseer.ts'
import type { Pool } from './pool.ts'
import type { LogLine, StartedMessage } from './protocol.ts'

export interface InlineOptions extends Omit<
  ExecutorOptions,
  'abortsArrived' | 'onLog' | 'onSettled' | 'onStarted'
> {
  readonly alarms: Alarms
  readonly clock: Clock
  /** A job had to end and goes on; it keeps its slot. */
  readonly onStuck: (run: Run) => void
  readonly onSettled: (items: readonly Settled[]) => void
  readonly onLog: (line: LogLine, run: Run | undefined) => void
}

export class InlinePool implements Pool {
  readonly #executor: Executor
  readonly #alarms: Alarms
  readonly #options: Pick<InlineOptions, 'clock' | 'onStuck'>
  readonly #runs = new TokenTable<Run>()

  constructor({ onSettled, onLog, onStuck, alarms, clock, ...options }: InlineOptions) {
    this.#options = { clock, onStuck }
    this.#alarms = alarms
    this.#executor = new Executor({
      ...options,
      // Here an abort is a call, and has arrived when it was asked for.
      abortsArrived: () => undefined,
      onStarted: (started) => {
        this.#watchClock(started)
      },
      onSettled: (items) => {
        onSettled(
          items.flatMap(({ token, outcome, durationMs, isFollowed }) => {
            const run = this.#runs.get(token)
            if (run === undefined) return []
            this.#runs.delete(token)
            this.#alarms.clear(run)

            return [{ run, outcome, durationMs, isFollowed }]
          }),
        )
        if (this.#runs.size === 0) this.#alarms.rest()
      },
      onLog: (line) => {
        onLog(line, this.#runs.get(line.token ?? -1))
      },
    })
  }

  run(runs: readonly Run[]): void {
    for (const run of runs) this.#runs.set(run.token, run)
    this.#executor.run(runs.map(({ token, job }) => ({ token, job })))
  }

  abort(run: Run, code: AbortCode): void {
    this.#executor.abort(run.token, code)
    if (code !== 'OBAN_SHUTDOWN' && this.#runs.has(run.token)) this.#expectEnd(run)
  }

  renewed(): void {
    this.#executor.renewed()
  }

  threads(): [] {
    return []
  }

  #watchClock({ token, startedAtMs, timeoutMs }: StartedMessage): void {
    const run = this.#runs.get(token)
    if (run === undefined || this.#alarms.has(run)) return
    const remainingMs = startedAtMs + timeoutMs - this.#options.clock.monotonicMs()
    this.#alarms.set(run, remainingMs, () => {
      this.abort(run, 'OBAN_TIMEOUT')
    })
  }

  #expectEnd(run: Run): void {
    this.#alarms.set(run, GRACE_MS, () => {
      this.#options.onStuck(run)
    })
  }
}
