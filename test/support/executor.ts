/** An executor with one worker, whose body is the test's. */
import { monotonicMs } from '../../src/clock.ts'
import { definitionOf } from '../../src/worker/definition.ts'
import type { JobTools, ProcessResult, RunningJob } from '../../src/worker/execution.ts'
import type { Outcome } from '../../src/protocol/outcome.ts'
import { Executor } from '../../src/threads/executor.ts'
import type { LogLine, SettledMessage, StartedMessage } from '../../src/threads/protocol.ts'
import { defineWorker, handleOf, type JobHandle } from '../../src/worker.ts'
import { claimedRow } from './claimed-row.ts'
import { recordingEnqueuer } from './enqueuer.ts'

export type Body = (
  job: RunningJob<unknown>,
  tools: JobTools<JobHandle<unknown>>,
) => ProcessResult | Promise<ProcessResult>

interface Options {
  readonly backoff?: (() => number) | undefined
  readonly args?: Parameters<typeof defineWorker>[0]['args']
  readonly timeout?: Parameters<typeof defineWorker>[0]['timeout']
  readonly unknownWorkers?: 'fail' | 'release'
  /** Milliseconds ago at which the lease was renewed. Default: now */
  readonly leaseAgeMs?: number
}

export function startExecutor(body: Body | undefined, options: Options = {}) {
  const lease = new BigInt64Array(new SharedArrayBuffer(8))
  const trust = (ageMs = 0) => Atomics.store(lease, 0, BigInt(monotonicMs() - ageMs))
  trust(options.leaseAgeMs)
  const settled: SettledMessage[] = []
  const logged: LogLine[] = []
  const started: StartedMessage[] = []
  const instance = recordingEnqueuer()
  const arrivals = new EventTarget()
  const definition =
    body &&
    definitionOf(
      defineWorker({
        name: 'Greet',
        ...(options.backoff && { backoff: options.backoff }),
        ...(options.args && { args: options.args }),
        ...(options.timeout && { timeout: options.timeout }),
        process: body,
      }),
    )
  const executor = new Executor({
    find: () => definition,
    handle: (found) => handleOf(found, instance),
    unknownWorkers: options.unknownWorkers ?? 'fail',
    context: undefined,
    around: undefined,
    lease,
    abortsArrived: () => undefined,
    onStarted: (message) => started.push(message),
    onSettled: (items) => {
      settled.push(...items)
      arrivals.dispatchEvent(new Event('settled'))
    },
    onLog: (line) => logged.push(line),
    own: {
      patch: () => Promise.resolve(true),
      completing: () => Promise.resolve(),
      complete: () => Promise.resolve(true),
    },
  })
  const outcome = (): Promise<Outcome> =>
    new Promise((resolve) => {
      const look = () => {
        const [first] = settled
        if (first) resolve(first.outcome)
      }
      arrivals.addEventListener('settled', look)
      look()
    })
  const run = (overrides: Parameters<typeof claimedRow>[0] = {}) => {
    executor.run([{ token: 1, job: claimedRow(overrides) }])

    return outcome()
  }

  return { executor, instance, logged, outcome, run, settled, started, trust }
}
