/**
 * Rebuilds indexes of the jobs table on a schedule, on the leader only: those that search what jobs hold
 * grow with every change, and never shrink.
 *
 * What fails is reported, and waits for the next time; while somebody else maintains the table it waits
 * for a minute. Where it is not allowed it is told once, and never tried again. Losing the leadership or
 * stopping ends a rebuilding under way.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import type { LeadershipMessage, PeerMessage } from './peer.ts'

/** `busy`: somebody else maintains the table. `denied`: the role may not. */
export type Reindexing = 'busy' | 'denied' | 'done'

export interface ReindexerInput {
  readonly now: () => Date
  /** When the schedule has its next time after now; undefined for never. */
  readonly next: () => Date | undefined
  readonly reindex: (signal: AbortSignal) => Promise<Reindexing>
  /** Ask the peer to tell who leads. */
  readonly watch: (message: PeerMessage) => void
  readonly onDenied: () => void
  readonly onFailed: (error: unknown) => void
}

export type ReindexerMessage = LeadershipMessage | { readonly type: 'sup.shutdown' }

interface ReindexerContext {
  readonly input: ReindexerInput
  /** On the wall clock; `Infinity` for never. */
  readonly dueAtMs: number
}

/** The wall clock may be set while a timer runs: it is looked at once a minute. */
const MINUTE_MS = 60_000

export const reindexer = setup({
  types: {
    input: {} as ReindexerInput,
    context: {} as ReindexerContext,
    events: {} as ReindexerMessage,
  },
  actors: {
    reindex: fromPromise<Reindexing, ReindexerInput>(({ input, signal }) => input.reindex(signal)),
  },
  actions: {
    watchPeer: ({ context }) => context.input.watch({ type: 'watch', watcher: 'reindexer' }),
    noteNext: assign({ dueAtMs: ({ context }) => context.input.next()?.getTime() ?? Infinity }),
  },
  guards: {
    isDue: ({ context: { dueAtMs, input } }) => input.now().getTime() >= dueAtMs,
  },
  delays: {
    minute: MINUTE_MS,
    untilDue: ({ context: { dueAtMs, input } }) =>
      Math.min(MINUTE_MS, Math.max(0, dueAtMs - input.now().getTime())),
  },
}).createMachine({
  id: 'reindexer',
  context: ({ input }) => ({ input, dueAtMs: Infinity }),
  // The peer answers a watch with the current leadership, so a restarted reindexer is never stale.
  entry: 'watchPeer',
  initial: 'following',
  on: { 'sup.shutdown': '.stopped' },
  states: {
    following: { on: { 'leader.elected': { target: 'leading', actions: 'noteNext' } } },
    leading: {
      initial: 'waiting',
      on: { 'leader.resigned': 'following' },
      states: {
        waiting: { after: { untilDue: 'judging' } },
        judging: { always: [{ guard: 'isDue', target: 'reindexing' }, { target: 'waiting' }] },
        reindexing: {
          invoke: {
            src: 'reindex',
            input: ({ context }) => context.input,
            onDone: [
              { guard: ({ event }) => event.output === 'busy', target: 'deferring' },
              {
                guard: ({ event }) => event.output === 'denied',
                target: '#reindexer.denied',
                actions: ({ context }) => context.input.onDenied(),
              },
              { target: 'waiting', actions: 'noteNext' },
            ],
            onError: {
              target: 'waiting',
              actions: ['noteNext', ({ context, event }) => context.input.onFailed(event.error)],
            },
          },
        },
        deferring: { after: { minute: 'reindexing' } },
      },
    },
    denied: {},
    stopped: { type: 'final' },
  },
})

export type ReindexerRef = ActorRefFrom<typeof reindexer>
