/** The pool of an inline queue: bodies run on the main thread, and nothing can stop them by force. */
import type { AbortCode } from '../job-errors.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import { Executor, type ExecutorOptions } from './executor.ts'
import type { Pool } from './pool.ts'
import type { LogLine } from './protocol.ts'

export interface InlineOptions extends Omit<ExecutorOptions, 'onLog' | 'onSettled'> {
  readonly onSettled: (items: readonly Settled[]) => void
  readonly onLog: (line: LogLine, run: Run | undefined) => void
}

export class InlinePool implements Pool {
  readonly #executor: Executor
  readonly #runs = new Map<number, Run>()

  constructor({ onSettled, onLog, ...options }: InlineOptions) {
    this.#executor = new Executor({
      ...options,
      onSettled: (items) => {
        onSettled(
          items.flatMap(({ token, outcome, durationMs }) => {
            const run = this.#runs.get(token)
            this.#runs.delete(token)

            return run === undefined ? [] : [{ run, outcome, durationMs }]
          }),
        )
      },
      onLog: (line) => {
        onLog(line, this.#runs.get(line.token ?? -1))
      },
    })
  }

  run(runs: readonly Run[]): void {
    for (const run of runs) {
      this.#runs.set(run.token, run)
      this.#executor.run({ token: run.token, job: run.job })
    }
  }

  abort(run: Run, code: AbortCode): void {
    this.#executor.abort(run.token, code)
  }

  renewed(): void {
    this.#executor.renewed()
  }

  threads(): [] {
    return []
  }
}
