/**
 * What has ended on this node since the last message to Oban Web: how many jobs, how long they ran and
 * how long they had waited, by state, queue and worker.
 */
import { Sketch, type SketchValue } from './sketch.ts'

/** What a job became: the words are those of its row. */
export type EndState = 'cancelled' | 'completed' | 'discarded' | 'retryable' | 'scheduled'

/** A number for each label, as Oban Web reads it. */
export type Metric = Readonly<{ state: string; queue: string }> &
  (
    | Readonly<{ series: 'exec_time' | 'wait_time'; worker: string; value: SketchValue }>
    | Readonly<{ series: 'exec_count'; worker: string; value: { data: readonly [number] } }>
    | Readonly<{ series: 'full_count'; value: { data: readonly [number] } }>
  )

interface Times {
  readonly exec: Sketch
  readonly wait: Sketch
}

const NS_PER_MS = 1_000_000

export class Tally {
  /** By state, queue and worker: nested, so that a job makes no key of its own. */
  #times = new Map<EndState, Map<string, Map<string, Times>>>()

  add(state: EndState, queue: string, worker: string, durationMs: number, waitMs: number): void {
    const { exec, wait } = this.#timesOf(state, queue, worker)
    exec.add(Math.round(durationMs * NS_PER_MS))
    wait.add(Math.round(waitMs * NS_PER_MS))
  }

  /** What was added since the last call; empty when nothing was. */
  take(): Metric[] {
    const taken = this.#times
    this.#times = new Map()

    return [...taken].flatMap(([state, queues]) =>
      [...queues].flatMap(([queue, workers]) =>
        [...workers].flatMap(([worker, { exec, wait }]): Metric[] => {
          const labels = { state, queue, worker }

          return [
            { series: 'exec_count', ...labels, value: { data: [exec.size] } },
            { series: 'exec_time', ...labels, value: exec.value() },
            { series: 'wait_time', ...labels, value: wait.value() },
          ]
        }),
      ),
    )
  }

  #timesOf(state: EndState, queue: string, worker: string): Times {
    let queues = this.#times.get(state)
    if (queues === undefined) this.#times.set(state, (queues = new Map()))
    let workers = queues.get(queue)
    if (workers === undefined) queues.set(queue, (workers = new Map()))
    let times = workers.get(worker)
    if (times === undefined) {
      workers.set(worker, (times = { exec: new Sketch(), wait: new Sketch() }))
    }

    return times
  }
}
