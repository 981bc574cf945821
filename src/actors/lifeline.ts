/**
 * Watches the producers of every node and rescues the jobs of one whose heart has stopped.
 *
 * A look that fails is reported and tried at the next interval; what was seen before then no longer
 * counts, so nobody is rescued because the database was away. A rescue that took too long goes on with
 * fewer jobs at once. Stopping ends what is under way.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import { largerPage, smallerPage } from '../protocol/page.ts'
import { dead, nothingSeen, observe, type Pulse, type Vitality } from '../protocol/vitality.ts'

export interface Look {
  /** Monotonic milliseconds at which the look was sent. */
  readonly sentAtMs: number
  readonly producers: readonly Pulse[]
  /** Declared dead before, with jobs that no rescue has reached yet. */
  readonly abandoned: readonly Pulse[]
}

export interface Rescue {
  /** The database did not rescue so many jobs in time. */
  readonly timeout: Error | undefined
}

export interface LifelineInput {
  /** Time between looks, in milliseconds; well below the longest gap that `vitality` allows. */
  readonly intervalMs: number
  /** The wall clock, for what operators see. */
  readonly now: () => Date
  /** Most jobs rescued by one statement. */
  readonly limit: number
  readonly look: (signal: AbortSignal) => Promise<Look>
  /** Rescue everything of these producers, so many jobs at once. */
  readonly rescue: (dead: readonly Pulse[], limit: number, signal: AbortSignal) => Promise<Rescue>
  readonly onFailed: (error: unknown) => void
}

export type LifelineMessage = { readonly type: 'sup.shutdown' }

interface LifelineContext {
  readonly input: LifelineInput
  readonly vitality: Vitality
  readonly abandoned: readonly Pulse[]
  /** What a statement rescues at most now, less than configured after a timeout. */
  readonly limit: number
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
    look: fromPromise<Look, LifelineInput>(({ input, signal }) => input.look(signal)),
    rescue: fromPromise<Rescue, LifelineContext>(({ input: context, signal }) =>
      context.input.rescue(doomed(context), context.limit, signal),
    ),
  },
  actions: {
    growPage: assign(({ context: { input, limit } }) => ({
      limit: largerPage(limit, input.limit),
    })),
    halvePage: assign(({ context: { limit } }) => ({ limit: smallerPage(limit) })),
  },
  guards: { hasDead: ({ context }) => doomed(context).length > 0 },
  delays: { interval: ({ context: { input } }) => input.intervalMs },
}).createMachine({
  id: 'lifeline',
  context: ({ input }) => ({
    input,
    vitality: nothingSeen,
    abandoned: [],
    limit: input.limit,
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
            abandoned: ({ event }) => event.output.abandoned,
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
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.timeout !== undefined,
            target: 'waiting',
            actions: [
              'halvePage',
              ({ context, event }) => context.input.onFailed(event.output.timeout),
            ],
          },
          { target: 'waiting', actions: 'growPage' },
        ],
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

/** Whose jobs are to be rescued. */
function doomed({ vitality, abandoned }: LifelineContext): readonly Pulse[] {
  return [...dead(vitality), ...abandoned]
}
