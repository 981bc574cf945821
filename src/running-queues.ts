/**
 * What can be asked of the queues of a started instance. Names no actor: the declarations of the facade
 * refer to it, and must not need the types of XState.
 */
import type { QueueCommand, Scope } from './queue-command.ts'
import type { QueueState } from './queue-state.ts'

export interface RunningQueues {
  readonly checkQueue: (queue: string) => QueueState | undefined
  readonly checkAllQueues: () => QueueState[]
  /** Resolves once it holds on this node, and is sent if it is for others too. */
  readonly control: (command: QueueCommand, scope: Scope) => Promise<void>
}
