/**
 * Rebuilds indexes of the jobs table on a schedule, on the leader only: those that search what jobs hold
 * grow with every change, and never shrink.
 *
 * What fails is reported, and waits for the next time; while somebody else maintains the table it waits
 * for a minute. Losing the leadership or stopping ends a rebuilding under way.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import type { LeadershipMessage, PeerMessage } from './peer.ts'

export interface ReindexerInput {
  readonly now: () => Date
  /** When the schedule has its next time after now; undefined for never. */
  readonly next: () => Date | undefined
  /** `busy`: somebody else maintains the table. */
  readonly reindex: (signal: AbortSignal) => Promise<'busy' | 'done'>
  /** Ask the peer to tell who leads. */
  readonly watch: (message: PeerMessage) => void
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
    reindex: fromPromise<'busy' | 'done', ReindexerInput>(({ input, signal }) =>
      input.reindex(signal),
    ),
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
  on: { 'leader.resigned': '.following', 'sup.shutdown': '.stopped' },
  states: {
    following: { on: { 'leader.elected': { target: 'waiting', actions: 'noteNext' } } },
    waiting: { after: { untilDue: 'judging' } },
    judging: { always: [{ guard: 'isDue', target: 'reindexing' }, { target: 'waiting' }] },
    reindexing: {
      invoke: {
        src: 'reindex',
        input: ({ context }) => context.input,
        onDone: [
          { guard: ({ event }) => event.output === 'busy', target: 'deferring' },
          { target: 'waiting', actions: 'noteNext' },
        ],
        onError: {
          target: 'waiting',
          actions: ['noteNext', ({ context, event }) => context.input.onFailed(event.error)],
        },
      },
    },
    deferring: { after: { minute: 'reindexing' } },
    stopped: { type: 'final' },
  },
})

export type ReindexerRef = ActorRefFrom<typeof reindexer>
