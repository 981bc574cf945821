/**
 * Keeps this node's producers alive in the database, and compares with each beat what the database
 * says they execute with what they hold. A beat whose comparison is done renews the lease under which
 * jobs may start.
 *
 * A beat that fails is reported and tried again each second: it must never cost a restart. As nobody
 * tries as often, it is the one to tell the others that the database is back. Asked to stop, it compares
 * once more and takes the producers' rows away.
 */
import { assign, fromPromise, setup, stateIn, type ActorRefFrom } from 'xstate'

export interface RefresherInput {
  /** Time between beats, in milliseconds. */
  readonly intervalMs: number
  /** Beat, compare, and act on the difference; rejects when the database is away. */
  readonly beat: () => Promise<void>
  /** The wall clock, for what operators see. */
  readonly now: () => Date
  /** A last comparison, after which the rows of producers that hold nothing are deleted. */
  readonly resign: () => Promise<void>
  /** The first beat after one that failed was answered. */
  readonly onReturned: () => void
  readonly onFailed: (error: unknown) => void
}

export type RefresherMessage =
  /** From producers whose claim failed: its answer may be lost after it took jobs. */
  { readonly type: 'beat.now' } | { readonly type: 'sup.shutdown' }

interface RefresherContext {
  readonly input: RefresherInput
  /** For the description of the tree: when the last beat was answered. */
  readonly public: { readonly beatAt: Date | null }
}

const RETRY_MS = 1_000

export const refresher = setup({
  types: {
    input: {} as RefresherInput,
    context: {} as RefresherContext,
    events: {} as RefresherMessage,
  },
  actors: {
    beat: fromPromise<void, RefresherInput>(({ input }) => input.beat()),
    resign: fromPromise<void, RefresherInput>(({ input }) => input.resign()),
  },
  actions: {
    note: assign({ public: ({ context }) => ({ beatAt: context.input.now() }) }),
  },
  guards: { isOutdated: stateIn({ beating: 'outdated' }) },
  delays: { interval: ({ context }) => context.input.intervalMs, retry: RETRY_MS },
}).createMachine({
  id: 'refresher',
  context: ({ input }) => ({ input, public: { beatAt: null } }),
  initial: 'beating',
  on: { 'sup.shutdown': '.resigning' },
  states: {
    beating: {
      invoke: {
        src: 'beat',
        input: ({ context }) => context.input,
        onDone: [
          { guard: 'isOutdated', target: 'beating', reenter: true, actions: 'note' },
          { target: 'waiting', actions: 'note' },
        ],
        onError: {
          target: 'failing',
          actions: ({ context, event }) => context.input.onFailed(event.error),
        },
      },
      initial: 'sent',
      states: {
        // A claim that fails now may land after this beat has compared.
        sent: { on: { 'beat.now': 'outdated' } },
        outdated: {},
      },
    },
    waiting: { after: { interval: 'beating' }, on: { 'beat.now': 'beating' } },
    failing: { after: { retry: 'retrying' } },
    retrying: {
      invoke: {
        src: 'beat',
        input: ({ context }) => context.input,
        onDone: {
          target: 'waiting',
          actions: ['note', ({ context }) => context.input.onReturned()],
        },
        onError: {
          target: 'failing',
          actions: ({ context, event }) => context.input.onFailed(event.error),
        },
      },
    },
    resigning: {
      on: { 'sup.shutdown': {} },
      invoke: {
        src: 'resign',
        input: ({ context }) => context.input,
        onDone: 'resigned',
        // The rows that stay are the lifeline's case, on another node.
        onError: {
          target: 'resigned',
          actions: ({ context, event }) => context.input.onFailed(event.error),
        },
      },
    },
    resigned: { type: 'final' },
  },
})

export type RefresherRef = ActorRefFrom<typeof refresher>
