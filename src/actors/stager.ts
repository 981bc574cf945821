/**
 * Makes due jobs of this node's queues available and wakes the producers that have something to run.
 *
 * It is also the polling that keeps jobs moving when notifications do not arrive. A failed look is
 * reported and tried again at the next interval: an outage must not spend the harbor's restarts.
 */
import { fromPromise, setup, type ActorRefFrom } from 'xstate'

export interface StagerInput {
  /** Time between looks, in milliseconds. */
  readonly intervalMs: number
  /** Stage due jobs; resolves to the queues that have available jobs. */
  readonly stage: () => Promise<readonly string[]>
  readonly wake: (queues: readonly string[]) => void
  readonly onFailed: (error: unknown) => void
}

export type StagerMessage =
  /** From whoever made jobs available that nobody announces. */
  { readonly type: 'stage.now' } | { readonly type: 'sup.shutdown' }

export const stager = setup({
  types: { input: {} as StagerInput, context: {} as StagerInput, events: {} as StagerMessage },
  actors: { stage: fromPromise<readonly string[], StagerInput>(({ input }) => input.stage()) },
  delays: { interval: ({ context }) => context.intervalMs },
}).createMachine({
  id: 'stager',
  context: ({ input }) => input,
  initial: 'staging',
  on: { 'sup.shutdown': '.stopped' },
  states: {
    staging: {
      invoke: {
        src: 'stage',
        input: ({ context }) => context,
        onDone: {
          target: 'waiting',
          actions: ({ context, event }) => {
            context.wake(event.output)
          },
        },
        onError: {
          target: 'waiting',
          actions: ({ context, event }) => {
            context.onFailed(event.error)
          },
        },
      },
    },
    waiting: { after: { interval: 'staging' }, on: { 'stage.now': 'staging' } },
    stopped: { type: 'final' },
  },
})

export type StagerRef = ActorRefFrom<typeof stager>
