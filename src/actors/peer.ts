/**
 * Takes part in the election of the one node that leads: a follower until it is elected, a leader for
 * as long as its lease is renewed in time.
 *
 * A query that fails is reported and tried again; it never crashes the actor. A leader whose renewals
 * fail leads until the trust in its lease ends, and not a moment longer, whatever is answered later.
 * Asked to stop, it makes the place free for others.
 */
import { assign, fromPromise, setup, stateIn, type ActorRefFrom } from 'xstate'

/** What is told to whoever works only on the leader; told again, it changes nothing. */
export interface LeadershipMessage {
  readonly type: 'leader.elected' | 'leader.resigned'
}

export interface Election {
  readonly leads: boolean
  /** For how long this node may believe that it leads, in milliseconds; 0 when it does not. */
  readonly trustedForMs: number
  /** When the place will be free unless its holder renews, in milliseconds; 0 when this node leads. */
  readonly freeInMs: number
}

export interface PeerInput {
  /** Time between renewals, in milliseconds. */
  readonly renewalMs: number
  /** The wait after a query that failed, and the least wait between two elections. */
  readonly retryMs: number
  readonly elect: () => Promise<Election>
  readonly renew: () => Promise<Election>
  /** Free the place and announce it; resolves at once when this node does not hold it. */
  readonly resign: () => Promise<void>
  /** Tell one who works only on the leader, or all. */
  readonly tell: (message: LeadershipMessage, watcher?: string) => void
  /** It was decided whether this node leads: by an answer, or as the trust ended before one came. */
  readonly onDecided: (leader: boolean, wasLeader: boolean) => void
  readonly onFailed: (error: unknown) => void
}

export type PeerMessage =
  /** From who starts, perhaps again, and works only on the leader. */
  | { readonly type: 'watch'; readonly watcher: string }
  /** From the notifier: a leader has resigned, or that may have been missed. */
  | { readonly type: 'leader.vacant' }
  | { readonly type: 'sup.shutdown' }

interface PeerContext {
  readonly input: PeerInput
  /** How long the lease may be trusted, from the last renewal's answer. */
  readonly trustedForMs: number
  /** How long to wait until the next election. */
  readonly patienceMs: number
}

export const peer = setup({
  types: {
    input: {} as PeerInput,
    context: {} as PeerContext,
    events: {} as PeerMessage,
  },
  actors: {
    elect: fromPromise<Election, PeerInput>(({ input }) => input.elect()),
    renew: fromPromise<Election, PeerInput>(({ input }) => input.renew()),
    resign: fromPromise<void, PeerInput>(({ input }) => input.resign()),
  },
  actions: {
    tellElected: ({ context }) => context.input.tell({ type: 'leader.elected' }),
    tellResigned: ({ context }) => context.input.tell({ type: 'leader.resigned' }),
    reportElected: ({ context }) => context.input.onDecided(true, false),
    reportFollowing: ({ context }) => context.input.onDecided(false, false),
    reportRenewed: ({ context }) => context.input.onDecided(true, true),
    reportLost: ({ context }) => context.input.onDecided(false, true),
  },
  guards: {
    isStopping: stateIn({ following: { electing: 'stopping' } }),
    isOutdated: stateIn({ following: { electing: 'outdated' } }),
  },
  delays: {
    renewal: ({ context: { input } }) => input.renewalMs,
    retry: ({ context: { input } }) => input.retryMs,
    patience: ({ context }) => context.patienceMs,
    trust: ({ context }) => context.trustedForMs,
    /** Nobody waits for long on a database that does not answer: the lease runs out by itself. */
    farewell: 1_000,
  },
}).createMachine({
  id: 'peer',
  context: ({ input }) => ({ input, trustedForMs: 0, patienceMs: input.retryMs }),
  initial: 'following',
  states: {
    following: {
      // Also of a peer that starts again: the one before may have told that it leads.
      entry: 'tellResigned',
      initial: 'electing',
      on: {
        watch: {
          actions: ({ context, event }) =>
            context.input.tell({ type: 'leader.resigned' }, event.watcher),
        },
        'sup.shutdown': 'resigning',
      },
      states: {
        electing: {
          invoke: {
            src: 'elect',
            input: ({ context }) => context.input,
            onDone: [
              { guard: 'isStopping', target: '#peer.resigning' },
              {
                guard: ({ event }) => event.output.leads,
                target: '#peer.leading',
                actions: [
                  assign({ trustedForMs: ({ event }) => event.output.trustedForMs }),
                  'reportElected',
                  'tellElected',
                ],
              },
              { guard: 'isOutdated', target: 'electing', reenter: true },
              {
                target: 'waiting',
                actions: [
                  assign({
                    patienceMs: ({ context, event }) =>
                      Math.max(context.input.retryMs, event.output.freeInMs),
                  }),
                  'reportFollowing',
                ],
              },
            ],
            onError: [
              { guard: 'isStopping', target: '#peer.resigning' },
              {
                target: 'waiting',
                actions: [
                  ({ context, event }) => context.input.onFailed(event.error),
                  assign({ patienceMs: ({ context }) => context.input.retryMs }),
                ],
              },
            ],
          },
          // A place that is won while stopping must be given up: the answer is waited for.
          on: { 'sup.shutdown': '.stopping' },
          initial: 'sent',
          states: {
            // The place may have become free after this election looked.
            sent: { on: { 'leader.vacant': 'outdated' } },
            outdated: {},
            stopping: {
              on: { 'sup.shutdown': {} },
              after: { farewell: '#peer.resigning' },
            },
          },
        },
        waiting: { after: { patience: 'electing' }, on: { 'leader.vacant': 'electing' } },
      },
    },
    leading: {
      after: { trust: { target: 'following', actions: 'reportLost' } },
      on: {
        watch: {
          actions: ({ context, event }) =>
            context.input.tell({ type: 'leader.elected' }, event.watcher),
        },
        'sup.shutdown': { target: 'resigning', actions: 'reportLost' },
      },
      initial: 'waiting',
      states: {
        waiting: { after: { renewal: 'renewing' } },
        renewing: {
          invoke: {
            src: 'renew',
            input: ({ context }) => context.input,
            onDone: [
              {
                guard: ({ event }) => event.output.leads,
                target: '#peer.leading',
                reenter: true,
                actions: [
                  assign({ trustedForMs: ({ event }) => event.output.trustedForMs }),
                  'reportRenewed',
                ],
              },
              { target: '#peer.following', actions: 'reportLost' },
            ],
            onError: {
              target: 'retrying',
              actions: ({ context, event }) => context.input.onFailed(event.error),
            },
          },
        },
        retrying: { after: { retry: 'renewing' } },
      },
    },
    resigning: {
      entry: 'tellResigned',
      after: { farewell: 'resigned' },
      on: {
        watch: {
          actions: ({ context, event }) =>
            context.input.tell({ type: 'leader.resigned' }, event.watcher),
        },
        'sup.shutdown': {},
      },
      invoke: {
        src: 'resign',
        input: ({ context }) => context.input,
        onDone: 'resigned',
        onError: {
          target: 'resigned',
          actions: ({ context, event }) => context.input.onFailed(event.error),
        },
      },
    },
    resigned: { type: 'final' },
  },
})

export type PeerRef = ActorRefFrom<typeof peer>
