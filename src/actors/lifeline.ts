/**
 * Watches the producers of every node and rescues the jobs of one whose heart has stopped.
 *
 * A look that fails is reported and tried at the next interval; what was seen before then no longer
 * counts, so nobody is rescued because the database was away.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import { dead, nothingSeen, observe, type Pulse, type Vitality } from '../protocol/vitality.ts'

export interface Look {
  /** Monotonic milliseconds at which the look was sent. */
  readonly sentAtMs: number
  readonly producers: readonly Pulse[]
}

export interface LifelineInput {
  /** Time between looks, in milliseconds; well below the longest gap that `vitality` allows. */
  readonly intervalMs: number
  /** The wall clock, for what operators see. */
  readonly now: () => Date
  readonly look: () => Promise<Look>
  readonly rescue: (dead: readonly Pulse[]) => Promise<void>
  readonly onFailed: (error: unknown) => void
}

export type LifelineMessage = { readonly type: 'sup.shutdown' }

interface LifelineContext {
  readonly input: LifelineInput
  readonly vitality: Vitality
  /** For the description of the tree: when the last look was answered, and how many it saw. */
  readonly public: { readonly lookedAt: Date | null; readonly producers: number }
}

export const lifeline = setup({
  types: {
    input: {} as LifelineInput,
    context: {} as LifelineContext,
    events: {} as LifelineMessage,
  },
  actors: {
    look: fromPromise<Look, LifelineInput>(({ input }) => input.look()),
    rescue: fromPromise<void, { input: LifelineInput; dead: readonly Pulse[] }>(({ input }) =>
      input.input.rescue(input.dead),
    ),
  },
  guards: { hasDead: ({ context }) => dead(context.vitality).length > 0 },
  delays: { interval: ({ context: { input } }) => input.intervalMs },
}).createMachine({
  id: 'lifeline',
  context: ({ input }) => ({
    input,
    vitality: nothingSeen,
    public: { lookedAt: null, producers: 0 },
  }),
  initial: 'looking',
  on: { 'sup.shutdown': '.stopped' },
  states: {
    looking: {
      invoke: {
        src: 'look',
        input: ({ context }) => context.input,
        onDone: {
          target: 'judging',
          actions: assign({
            vitality: ({ context, event }) =>
              observe(context.vitality, event.output.producers, event.output.sentAtMs),
            public: ({ context, event }) => ({
              lookedAt: context.input.now(),
              producers: event.output.producers.length,
            }),
          }),
        },
        onError: {
          target: 'waiting',
          actions: ({ context, event }) => context.input.onFailed(event.error),
        },
      },
    },
    judging: { always: [{ guard: 'hasDead', target: 'rescuing' }, { target: 'waiting' }] },
    rescuing: {
      invoke: {
        src: 'rescue',
        input: ({ context }) => ({ input: context.input, dead: dead(context.vitality) }),
        onDone: 'waiting',
        onError: {
          target: 'waiting',
          actions: ({ context, event }) => context.input.onFailed(event.error),
        },
      },
    },
    waiting: { after: { interval: 'looking' } },
    stopped: { type: 'final' },
  },
})

export type LifelineRef = ActorRefFrom<typeof lifeline>
