/**
 * Shows this node to Oban Web: its queues and what has ended in them, once a second. On the leader it
 * counts the jobs of all nodes too.
 *
 * What fails is reported and left to the next second: Oban Web then shows a gap, and an outage spends
 * no restart. A crash loses the second that was being gathered.
 */
import { fromPromise, setup, type ActorRefFrom } from 'xstate'
import type { LeadershipMessage, PeerMessage } from './peer.ts'

export interface MetricsInput {
  /** Time between messages, in milliseconds. */
  readonly intervalMs: number
  /** The wait after a count that failed, in milliseconds. */
  readonly recountMs: number
  /** Gather what jobs do until the signal aborts; never resolves. */
  readonly record: (signal: AbortSignal) => Promise<never>
  /** Send what was gathered; resolves at once when there is nobody to send through. */
  readonly publish: () => Promise<void>
  /** Whether this node counts the jobs of all nodes while it leads. */
  readonly counts: boolean
  /** Count them over and over until the signal aborts; never resolves. */
  readonly count: (signal: AbortSignal) => Promise<never>
  /** Say that the queues of this node end. */
  readonly farewell: () => Promise<void>
  /** Ask the peer to tell who leads. */
  readonly watch: (message: PeerMessage) => void
  readonly onFailed: (error: unknown) => void
}

export type MetricsMessage = LeadershipMessage | { readonly type: 'sup.shutdown' }

export const metrics = setup({
  types: {
    input: {} as MetricsInput,
    context: {} as { readonly input: MetricsInput },
    events: {} as MetricsMessage,
  },
  actors: {
    record: fromPromise<never, MetricsInput>(({ input, signal }) => input.record(signal)),
    publish: fromPromise<void, MetricsInput>(({ input }) => input.publish()),
    count: fromPromise<never, MetricsInput>(({ input, signal }) => input.count(signal)),
    farewell: fromPromise<void, MetricsInput>(({ input }) => input.farewell()),
  },
  actions: {
    watchPeer: ({ context }) => context.input.watch({ type: 'watch', watcher: 'metrics' }),
  },
  guards: { counts: ({ context }) => context.input.counts },
  delays: {
    interval: ({ context }) => context.input.intervalMs,
    recount: ({ context }) => context.input.recountMs,
    /** Nobody waits for long on a database that does not answer. */
    patience: 1_000,
  },
}).createMachine({
  id: 'metrics',
  context: ({ input }) => ({ input }),
  initial: 'working',
  states: {
    working: {
      type: 'parallel',
      on: { 'sup.shutdown': 'leaving' },
      invoke: {
        src: 'record',
        input: ({ context }) => context.input,
        // It gathers in memory: that it ends by itself is a fault of ours.
        onError: {
          actions: ({ event }) => {
            throw event.error
          },
        },
      },
      states: {
        publishing: {
          initial: 'waiting',
          states: {
            waiting: { after: { interval: 'sending' } },
            sending: {
              invoke: {
                src: 'publish',
                input: ({ context }) => context.input,
                onDone: 'waiting',
                onError: {
                  target: 'waiting',
                  actions: ({ context, event }) => context.input.onFailed(event.error),
                },
              },
            },
          },
        },
        counting: {
          // The peer answers a watch with the current leadership, so one that restarts is never stale.
          entry: 'watchPeer',
          initial: 'following',
          on: { 'leader.resigned': '.following' },
          states: {
            following: { on: { 'leader.elected': { guard: 'counts', target: 'leading' } } },
            leading: {
              invoke: {
                src: 'count',
                input: ({ context }) => context.input,
                onError: {
                  target: 'failing',
                  actions: ({ context, event }) => context.input.onFailed(event.error),
                },
              },
            },
            failing: { after: { recount: 'leading' } },
          },
        },
      },
    },
    leaving: {
      after: { patience: 'stopped' },
      on: { 'sup.shutdown': {} },
      invoke: {
        src: 'farewell',
        input: ({ context }) => context.input,
        onDone: 'stopped',
        // Oban Web drops a node by itself that says nothing for half a minute.
        onError: {
          target: 'stopped',
          actions: ({ context, event }) => context.input.onFailed(event.error),
        },
      },
    },
    stopped: { type: 'final' },
  },
})

export type MetricsRef = ActorRefFrom<typeof metrics>
