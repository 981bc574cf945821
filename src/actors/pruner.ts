/**
 * Deletes old finished jobs on an interval, on the leader only, so that `oban_jobs` stays small: a page
 * at a time, and at once another after a full one. Losing the leadership or stopping ends it between
 * two pages as well as within one.
 *
 * A failed page is reported, and the rest is left to the next interval. It must not crash the actor: an
 * outage that outlasts a few intervals would spend the harbor's restart budget.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import { largerPage, smallerPage } from '../protocol/page.ts'
import type { LeadershipMessage, PeerMessage } from './peer.ts'

export interface Page {
  /** There may be more of what this page had no room for. */
  readonly isFull: boolean
  /** The database gave up on a page of this size. */
  readonly timeout: Error | undefined
}

export interface PrunerInput {
  /** Time between prunes, in milliseconds. */
  readonly intervalMs: number
  /** Most jobs in one page. */
  readonly limit: number
  /** Delete a page of jobs; the signal ends it. */
  readonly prune: (limit: number, signal: AbortSignal) => Promise<Page>
  /** Ask the peer to tell who leads. */
  readonly watch: (message: PeerMessage) => void
  readonly onFailed: (error: unknown) => void
}

export type PrunerMessage = LeadershipMessage | { readonly type: 'sup.shutdown' }

interface PrunerContext {
  readonly input: PrunerInput
  /** What a page has at most now, less than configured after a timeout. */
  readonly limit: number
}

export const pruner = setup({
  types: {
    input: {} as PrunerInput,
    context: {} as PrunerContext,
    events: {} as PrunerMessage,
  },
  actors: {
    prune: fromPromise<Page, PrunerContext>(({ input: { input, limit }, signal }) =>
      input.prune(limit, signal),
    ),
  },
  actions: {
    watchPeer: ({ context }) => context.input.watch({ type: 'watch', watcher: 'pruner' }),
    growPage: assign(({ context: { input, limit } }) => ({
      limit: largerPage(limit, input.limit),
    })),
    halvePage: assign(({ context: { limit } }) => ({ limit: smallerPage(limit) })),
  },
  guards: {
    canBeSmaller: ({ context: { limit } }) => smallerPage(limit) < limit,
  },
  delays: { interval: ({ context: { input } }) => input.intervalMs },
}).createMachine({
  id: 'pruner',
  context: ({ input }) => ({ input, limit: input.limit }),
  // The peer answers a watch with the current leadership, so a restarted pruner is never stale.
  entry: 'watchPeer',
  initial: 'following',
  on: { 'leader.resigned': '.following', 'sup.shutdown': '.stopped' },
  states: {
    following: { on: { 'leader.elected': 'waiting' } },
    waiting: { after: { interval: { target: 'pruning', actions: 'growPage' } } },
    pruning: {
      invoke: {
        src: 'prune',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.isFull,
            target: 'pruning',
            reenter: true,
          },
          {
            guard: ({ event }) => event.output.timeout !== undefined,
            target: 'shrinking',
            actions: ({ context, event }) => context.input.onFailed(event.output.timeout),
          },
          { target: 'waiting' },
        ],
        onError: {
          target: 'waiting',
          actions: ({ context, event }) => context.input.onFailed(event.error),
        },
      },
    },
    shrinking: {
      always: [
        { guard: 'canBeSmaller', target: 'pruning', actions: 'halvePage' },
        { target: 'waiting' },
      ],
    },
    stopped: { type: 'final' },
  },
})

export type PrunerRef = ActorRefFrom<typeof pruner>
