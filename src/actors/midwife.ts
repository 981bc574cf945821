/**
 * Brings the configured queues into the world, under the foreman. It stands after the foreman, so that
 * a foreman that had to start again gets its queues back.
 */
import { fromPromise, setup, type ActorRefFrom, type SnapshotFrom } from 'xstate'

export interface MidwifeInput {
  /** Start every queue that does not run. */
  readonly startQueues: () => Promise<void>
  readonly onFailed: (error: unknown) => void
}

export type MidwifeMessage = { readonly type: 'sup.shutdown' }

const RETRY_MS = 1_000

export const midwife = setup({
  types: { input: {} as MidwifeInput, context: {} as MidwifeInput, events: {} as MidwifeMessage },
  actors: { start: fromPromise<void, MidwifeInput>(({ input }) => input.startQueues()) },
  delays: { retry: RETRY_MS },
}).createMachine({
  id: 'midwife',
  context: ({ input }) => input,
  initial: 'delivering',
  on: { 'sup.shutdown': '.stopped' },
  states: {
    delivering: {
      invoke: {
        src: 'start',
        input: ({ context }) => context,
        onDone: 'resting',
        onError: {
          target: 'waiting',
          actions: ({ context, event }) => {
            context.onFailed(event.error)
          },
        },
      },
    },
    waiting: { after: { retry: 'delivering' } },
    resting: {},
    stopped: { type: 'final' },
  },
})

export type MidwifeRef = ActorRefFrom<typeof midwife>

/** Whether every queue is up, or one could not be started yet: what waits for it may go on. */
export function hasTried(snapshot: SnapshotFrom<typeof midwife>): boolean {
  return !snapshot.matches('delivering')
}
