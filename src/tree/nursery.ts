/** The queues: a foreman that supervises them, and a midwife that has it start them. */
import { child, supervisor, type ChildSpec, type SupervisorInput } from '../../supervisors/index.ts'
import { hasTried, midwife } from '../actors/midwife.ts'
import { startQueues } from '../runtime/queues/queues.ts'
import { reportFailure, reportTree } from '../runtime/report.ts'
import type { Runtime } from '../runtime/runtime.ts'

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
