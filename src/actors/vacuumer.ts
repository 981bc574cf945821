/**
 * Vacuums the jobs table each time that so many jobs were processed, on the leader only: until then every
 * fetch walks over what the jobs before have left in the index, and PostgreSQL comes by once a minute at
 * most.
 *
 * It looks when it expects them to be processed, by the pace between its last looks. A look or a vacuum that fails
 * is reported and tried again at the next one. Where it is not allowed it is told once, and never tried again.
 * Losing the leadership or stopping ends a vacuum under way, and so does whoever waits for a lock on the table: who
 * alters it would be waited for by everybody else.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import {
  type Counters,
  type LookBounds,
  processedSince,
  untilWorn,
  wear,
  type Wear,
} from '../protocol/wear.ts'
import type { LeadershipMessage, PeerMessage } from './peer.ts'

export interface Vacuum {
  /** `busy`: somebody else maintains the table. */
  readonly outcome: 'busy' | 'denied' | 'vacuumed'
  readonly tookMs: number
}

export interface VacuumerInput {
  /** How far apart looks are. */
  readonly looks: LookBounds
  /** Processed jobs from one vacuum to the next. */
  readonly every: number
  /** What PostgreSQL has counted; undefined where it counts nothing. */
  readonly look: (signal: AbortSignal) => Promise<Counters | undefined>
  readonly vacuum: (processed: number, signal: AbortSignal) => Promise<Vacuum>
  /** Whether somebody waits for a lock on the table. */
  readonly isInTheWay: (signal: AbortSignal) => Promise<boolean>
  /** Ask the peer to tell who leads. */
  readonly watch: (message: PeerMessage) => void
  readonly onDenied: () => void
  readonly onFailed: (error: unknown) => void
}

export type VacuumerMessage = LeadershipMessage | { readonly type: 'sup.shutdown' }

interface VacuumerContext {
  readonly input: VacuumerInput
  readonly wear: Wear | null
  /** How long the last vacuum took. */
  readonly tookMs: number
}

/** How long somebody waits for our vacuum at most, as for PostgreSQL's own. */
const HEED_MS = 1_000

/** A vacuum reads every index: on a large table most of the time belongs to others. */
const REST = 4

export const vacuumer = setup({
  types: {
    input: {} as VacuumerInput,
    context: {} as VacuumerContext,
    events: {} as VacuumerMessage,
  },
  actors: {
    look: fromPromise<Counters | undefined, VacuumerInput>(({ input, signal }) =>
      input.look(signal),
    ),
    vacuum: fromPromise<Vacuum, VacuumerContext>(({ input: context, signal }) =>
      context.input.vacuum(processed(context), signal),
    ),
    heed: fromPromise<boolean, VacuumerInput>(({ input, signal }) => input.isInTheWay(signal)),
  },
  actions: {
    watchPeer: ({ context }) => context.input.watch({ type: 'watch', watcher: 'vacuumer' }),
    // Who led meanwhile has vacuumed too, and a new leader goes by the dead rows that it finds.
    forget: assign({ wear: null }),
    reportDenied: ({ context }) => context.input.onDenied(),
  },
  guards: {
    isWorn: ({ context }) => processed(context) >= context.input.every,
  },
  delays: {
    untilWorn: ({ context: { input, wear: worn } }) =>
      worn === null ? input.looks.mostMs : untilWorn(worn, input.every, input.looks),
    heed: HEED_MS,
    rest: ({ context: { input, tookMs } }) => Math.max(input.looks.leastMs, tookMs * REST),
  },
}).createMachine({
  id: 'vacuumer',
  context: ({ input }) => ({ input, wear: null, tookMs: 0 }),
  // The peer answers a watch with the current leadership, so a restarted vacuumer is never stale.
  entry: 'watchPeer',
  initial: 'following',
  on: { 'sup.shutdown': '.stopped' },
  states: {
    following: { entry: 'forget', on: { 'leader.elected': 'leading' } },
    leading: {
      initial: 'waiting',
      on: { 'leader.resigned': 'following' },
      states: {
        waiting: { after: { untilWorn: 'looking' } },
        looking: {
          invoke: {
            src: 'look',
            input: ({ context }) => context.input,
            onDone: {
              target: 'judging',
              actions: assign(({ context, event }) => ({
                wear: event.output === undefined ? null : wear(context.wear, event.output),
              })),
            },
            onError: {
              target: 'waiting',
              actions: [
                ({ context, event }) => context.input.onFailed(event.error),
                // A server in trouble is not asked as often as a busy one.
                assign(({ context: { wear: worn } }) => ({ wear: worn && { ...worn, pace: 0 } })),
              ],
            },
          },
        },
        judging: { always: [{ guard: 'isWorn', target: 'vacuuming' }, { target: 'waiting' }] },
        vacuuming: {
          invoke: {
            src: 'vacuum',
            input: ({ context }) => context,
            onDone: [
              {
                guard: ({ event }) => event.output.outcome === 'denied',
                target: '#vacuumer.denied',
                actions: 'reportDenied',
              },
              {
                guard: ({ event }) => event.output.outcome === 'busy',
                target: 'waiting',
              },
              {
                target: 'resting',
                actions: assign({ tookMs: ({ event }) => event.output.tookMs }),
              },
            ],
            onError: {
              target: 'waiting',
              actions: ({ context, event }) => context.input.onFailed(event.error),
            },
          },
          initial: 'working',
          states: {
            working: { after: { heed: 'heeding' } },
            heeding: {
              invoke: {
                src: 'heed',
                input: ({ context }) => context.input,
                onDone: [
                  { guard: ({ event }) => event.output, target: '#vacuumer.leading.waiting' },
                  { target: 'working' },
                ],
                onError: {
                  target: 'working',
                  actions: ({ context, event }) => context.input.onFailed(event.error),
                },
              },
            },
          },
        },
        resting: { after: { rest: 'looking' } },
      },
    },
    denied: {},
    stopped: { type: 'final' },
  },
})

export type VacuumerRef = ActorRefFrom<typeof vacuumer>

function processed(context: VacuumerContext): number {
  return context.wear === null ? 0 : processedSince(context.wear)
}
