/**
 * Makes due jobs of this node's queues available and wakes the producers that have something to run.
 *
 * It is also the polling that keeps jobs moving when notifications do not arrive. A failed look is
 * reported and tried again at the next interval: an outage must not spend the harbor's restarts.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'

export interface StagerInput {
  /** Time between looks, in milliseconds. */
  readonly intervalMs: number
  /** Stage due jobs; resolves to the queues that have available jobs. */
  readonly stage: () => Promise<readonly string[]>
  /** The wall clock, for what operators see. */
  readonly now: () => Date
  readonly wake: (queues: readonly string[]) => void
  readonly onFailed: (error: unknown) => void
}

export type StagerMessage =
  /** From whoever made jobs available that nobody announces. */
  { readonly type: 'stage.now' } | { readonly type: 'sup.shutdown' }

interface StagerContext {
  readonly input: StagerInput
  /** For the description of the tree: when the last look was answered. */
  readonly public: { readonly lookedAt: Date | null }
}

export const stager = setup({
  types: { input: {} as StagerInput, context: {} as StagerContext, events: {} as StagerMessage },
  actors: { stage: fromPromise<readonly string[], StagerInput>(({ input }) => input.stage()) },
  delays: { interval: ({ context: { input } }) => input.intervalMs },
}).createMachine({
  id: 'stager',
  context: ({ input }) => ({ input, public: { lookedAt: null } }),
  initial: 'staging',
  on: { 'sup.shutdown': '.stopped' },
  states: {
    staging: {
      invoke: {
        src: 'stage',
        input: ({ context }) => context.input,
        onDone: {
          target: 'waiting',
          actions: [
            assign({ public: ({ context }) => ({ lookedAt: context.input.now() }) }),
            ({ context, event }) => {
              context.input.wake(event.output)
            },
          ],
        },
        onError: {
          target: 'waiting',
          actions: ({ context, event }) => {
            context.input.onFailed(event.error)
          },
        },
      },
    },
    waiting: { after: { interval: 'staging' }, on: { 'stage.now': 'staging' } },
    stopped: { type: 'final' },
  },
})

export type StagerRef = ActorRefFrom<typeof stager>
