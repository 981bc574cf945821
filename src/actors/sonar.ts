/**
 * Finds out who hears whom: pings all nodes now and then, of every language that pings, and counts those
 * that it hears. Its own ping is one of them: a node that hears not even that is isolated, and finds by
 * polling what others announce. So is one whose listener is down.
 *
 * A ping that cannot be sent is reported and tried at the next interval; it never costs a restart.
 */
import { and, assign, fromPromise, not, raise, setup, type ActorRefFrom } from 'xstate'
import type { Connectivity } from '../health.ts'

export interface SonarInput {
  /** The name of this node. */
  readonly node: string
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number
  /** Moves a time by chance, so that nodes that started together do not ping together. */
  readonly jitter: (ms: number) => number
  readonly ping: () => Promise<void>
  /** What it has become. */
  readonly onSwitch: (connectivity: Exclude<Connectivity, 'unknown'>) => void
  readonly onFailed: (error: unknown) => void
}

export type SonarMessage =
  /** From whoever reads notifications: a node has pinged, perhaps this one. */
  | { readonly type: 'ping.heard'; readonly node: string }
  /** From the notifier. */
  | { readonly type: 'session.up' }
  | { readonly type: 'session.lost' }
  | { readonly type: 'sup.shutdown' }

/** From itself. */
type Finding = { readonly type: 'peers.changed' } | { readonly type: 'ping.missed' }

interface SonarContext {
  readonly input: SonarInput
  /**
   * When each node was heard last, by the monotonic clock. One map for good: anybody can ping, and a copy
   * for each ping would take a busy node's time.
   */
  readonly heard: Map<string, number>
  /** Time until the next ping. */
  readonly intervalMs: number
  /** Own pings since the last one that came back. */
  readonly unheard: number
  /** For the description of the tree: how many other nodes are heard. */
  readonly public: { readonly others: number }
}

/** As Oban's: from 5 s after a change up to a minute, so that a large cluster does not talk of itself. */
const FIRST_MS = 5_000
const LONGEST_MS = 60_000

/** A node that was not heard for two of the longest intervals is gone. */
const STALE_MS = 120_000

/** Most nodes that are remembered: anybody can ping under any name. */
const MOST_NODES = 10_000

/** Where the interval grows to: the more nodes there are, the more rarely each of them pings. */
function targetMs(nodes: number): number {
  if (nodes === 0) return FIRST_MS

  return nodes === 1 ? LONGEST_MS : Math.min(FIRST_MS * nodes, LONGEST_MS)
}

/** What follows from which nodes are heard. */
function hearing({ input, heard }: Pick<SonarContext, 'heard' | 'input'>) {
  return { public: { others: heard.size - (heard.has(input.node) ? 1 : 0) } }
}

export const sonar = setup({
  types: {
    input: {} as SonarInput,
    context: {} as SonarContext,
    events: {} as SonarMessage | Finding,
  },
  actors: { ping: fromPromise<void, SonarInput>(({ input }) => input.ping()) },
  actions: {
    hear: assign(({ context, event }) => {
      if (event.type !== 'ping.heard') return {}
      const { input, heard, unheard } = context
      const { node } = event
      const isRoom = heard.size < MOST_NODES || heard.has(node) || node === input.node
      if (!isRoom) return {}
      heard.set(node, input.monotonicMs())

      return { ...hearing(context), unheard: node === input.node ? 0 : unheard }
    }),
    // What it heard of others stays: they may be heard again before they are stale.
    mute: assign(({ context }) => {
      context.heard.delete(context.input.node)

      return { ...hearing(context), unheard: 0 }
    }),
    forget: assign(({ context }) => {
      const { input, heard } = context
      const sinceMs = input.monotonicMs() - STALE_MS
      for (const [node, atMs] of heard) if (atMs <= sinceMs) heard.delete(node)

      return hearing(context)
    }),
    slowDown: assign(({ context: { heard, intervalMs } }) => ({
      intervalMs: Math.min(intervalMs * 2, targetMs(heard.size)),
    })),
    quicken: assign({ intervalMs: FIRST_MS }),
    report: (
      { context: { input } },
      { connectivity }: { connectivity: Exclude<Connectivity, 'unknown'> },
    ) => {
      input.onSwitch(connectivity)
    },
  },
  guards: {
    isMuted: ({ context: { heard, input } }) => !heard.has(input.node),
    isAlone: ({ context }) => context.public.others === 0,
    isNews: ({ context: { heard }, event }) =>
      event.type === 'ping.heard' && !heard.has(event.node),
    isSlow: ({ context: { intervalMs } }) => intervalMs > FIRST_MS,
    isUnheard: ({ context: { unheard } }) => unheard > 0,
  },
  delays: {
    interval: ({ context: { input, intervalMs } }) => input.jitter(intervalMs),
  },
}).createMachine({
  id: 'sonar',
  context: ({ input }) => ({
    input,
    heard: new Map(),
    intervalMs: FIRST_MS,
    unheard: 0,
    public: { others: 0 },
  }),
  initial: 'on',
  states: {
    on: {
      type: 'parallel',
      on: {
        'sup.shutdown': 'stopped',
        'ping.heard': [
          { guard: 'isNews', actions: ['hear', raise({ type: 'peers.changed' })] },
          { actions: 'hear' },
        ],
        'ping.missed': { actions: 'mute' },
        'session.lost': { actions: 'mute' },
      },
      states: {
        connectivity: {
          initial: 'unknown',
          states: {
            unknown: {
              always: [
                { guard: and([not('isMuted'), not('isAlone')]), target: 'clustered' },
                { guard: not('isMuted'), target: 'solitary' },
              ],
              on: { 'session.lost': 'isolated', 'ping.missed': 'isolated' },
            },
            isolated: {
              entry: { type: 'report', params: { connectivity: 'isolated' } },
              always: [
                { guard: and([not('isMuted'), not('isAlone')]), target: 'clustered' },
                { guard: not('isMuted'), target: 'solitary' },
              ],
            },
            solitary: {
              entry: { type: 'report', params: { connectivity: 'solitary' } },
              always: [
                { guard: 'isMuted', target: 'isolated' },
                { guard: not('isAlone'), target: 'clustered' },
              ],
            },
            clustered: {
              entry: { type: 'report', params: { connectivity: 'clustered' } },
              always: [
                { guard: 'isMuted', target: 'isolated' },
                { guard: 'isAlone', target: 'solitary' },
              ],
            },
          },
        },
        pings: {
          initial: 'pinging',
          // A ping under way may have been sent before anybody listened.
          on: { 'session.up': { target: '.pinging', reenter: true } },
          states: {
            pinging: {
              entry: assign({ unheard: ({ context }) => context.unheard + 1 }),
              invoke: {
                src: 'ping',
                input: ({ context }) => context.input,
                onDone: 'waiting',
                onError: {
                  target: 'waiting',
                  // Nobody can hear what was not sent.
                  actions: [
                    ({ context, event }) => context.input.onFailed(event.error),
                    assign({ unheard: 0 }),
                  ],
                },
              },
            },
            waiting: {
              after: { interval: 'listening' },
              on: {
                'peers.changed': {
                  guard: 'isSlow',
                  target: 'waiting',
                  reenter: true,
                  actions: 'quicken',
                },
              },
            },
            // The time in which the last ping had to come back is over.
            listening: {
              entry: ['forget', 'slowDown'],
              always: [
                { guard: 'isUnheard', target: 'pinging', actions: raise({ type: 'ping.missed' }) },
                { target: 'pinging' },
              ],
            },
          },
        },
      },
    },
    stopped: { type: 'final' },
  },
})

export type SonarRef = ActorRefFrom<typeof sonar>
