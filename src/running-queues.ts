/**
 * What can be asked of the queues of a started instance. Names no actor: the declarations of the facade
 * refer to it, and must not need the types of XState.
 */
import type { QueueOptions, QueueScale } from './config/options.ts'
import type { QueueState } from './queue-state.ts'

export interface RunningQueues {
  readonly checkQueue: (queue: string) => QueueState | undefined
  readonly checkAllQueues: () => QueueState[]
  readonly scaleQueue: (queue: string, options: QueueScale) => Promise<void>
  readonly pauseQueue: (queue: string) => Promise<void>
  readonly resumeQueue: (queue: string) => Promise<void>
  readonly pauseAllQueues: () => Promise<void>
  readonly resumeAllQueues: () => Promise<void>
  readonly startQueue: (queue: string, options: QueueOptions | number) => Promise<void>
  readonly stopQueue: (queue: string) => Promise<void>
}
