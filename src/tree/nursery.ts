/** The queues: a foreman that supervises them, and a midwife that has it start them. */
import {
  child,
  startChild,
  supervisor,
  SupervisorError,
  type ChildSpec,
  type SupervisorInput,
} from '../../supervisors/index.ts'
import { hasTried, midwife } from '../actors/midwife.ts'
import { reportFailure, reportTree } from '../runtime/report.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { queueTree } from './queue.ts'

export function nursery(runtime: Runtime): ChildSpec {
  return child({
    id: 'nursery',
    logic: supervisor,
    input: (): SupervisorInput => ({
      strategy: 'rest_for_one',
      maxRestarts: 5,
      maxSeconds: 30,
      onReport: reportTree(runtime.origin, 'nursery/'),
      children: [
        child({
          id: 'foreman',
          name: 'foreman',
          logic: supervisor,
          // Queues drain side by side: one after the other their graces would add up.
          input: (): SupervisorInput => ({
            maxRestarts: 20,
            maxSeconds: 60,
            onReport: reportTree(runtime.origin, 'queue/'),
            shutdownMode: 'parallel',
            children: [],
          }),
        }),
        child({
          id: 'midwife',
          name: 'midwife',
          logic: midwife,
          // `start()` resolves once the queues are there.
          ready: hasTried,
          input: () => ({
            startQueues: () => startQueues(runtime),
            onFailed: (error) => {
              reportFailure(runtime.origin, 'midwife', error)
            },
          }),
        }),
      ],
    }),
  })
}

async function startQueues(runtime: Runtime): Promise<void> {
  const foreman = runtime.whereis('foreman')
  if (foreman === undefined) throw new Error('the foreman is not there')
  const starts = [...runtime.queues.values()].map(async (queue) => {
    try {
      await startChild(foreman, queueTree(runtime, queue))
    } catch (error) {
      // A midwife that started again finds the queues of the one before.
      if (!(error instanceof SupervisorError && error.code === 'already_started')) throw error
    }
  })
  await Promise.all(starts)
}
