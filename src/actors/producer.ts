/**
 * Claims jobs for one queue, as many as the queue has room for, and hands them to its pool. Those that
 * it claims ahead wait in its tenure for their turn, which comes without a look at the database.
 *
 * It registers its uuid before the first claim and tries for ever, so that an outage of the database
 * never spends a restart. A failed claim is waited out in the same way. What it holds lives in its
 * tenure: when it crashes, the whole queue starts again under a new uuid.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import { answer } from '../answer.ts'
import { patience } from '../patience.ts'
import { ClaimCursor, type Place } from '../protocol/claim-cursor.ts'
import type { ClaimedRow } from '../protocol/claimed-row.ts'
import type { Run, Tenure } from '../protocol/tenure.ts'

export interface ProducerInput {
  readonly queue: string
  readonly tenure: Tenure
  /** Jobs that run at once, 1 or more. */
  readonly limit: number
  /** Jobs claimed ahead of the limit, 0 or more. */
  readonly prefetch: number
  readonly paused: boolean
  /** Jobs of this queue that run on though their producer is gone: bodies on the main thread. */
  readonly lingering: () => number
  /** Least time from a claim that found too little to the next, in milliseconds. */
  readonly cooldownMs: number
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number
  /** Write the row without which nothing can be claimed. */
  readonly register: () => Promise<void>
  /** Claim up to `demand` jobs behind a place. */
  readonly fetch: (demand: number, after: Place) => Promise<ClaimedRow[]>
  /** Hand claims to the pool. */
  readonly run: (runs: readonly Run[]) => void
  /** Hand claims back to the database. */
  readonly giveBack: (runs: readonly Run[]) => void
  readonly onFailed: (error: unknown) => void
  readonly onDrained: () => void
}

export type ProducerMessage =
  /** From the notifier, the stager and local inserts. */
  | { readonly type: 'jobs.available' }
  /** From the pool: slots are free. */
  | { readonly type: 'jobs.settled' }
  /** From the acker, when the tenure is starved. */
  | { readonly type: 'acks.landed' }
  /** From the operator. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'scale'; readonly limit: number }
  /** From the refresher: another node has declared this producer dead. */
  | { readonly type: 'tenure.lost'; readonly uuid: string }
  /** From the refresher: there is no point in waiting any longer. */
  | { readonly type: 'database.returned' }
  /** From the watchman: claim nothing more, and say when nothing runs. */
  | { readonly type: 'drain' }
  | { readonly type: 'sup.shutdown' }

type Answer =
  /** Its rows are in the tenure already: XState keeps a message, and all in it, until the next full collection. */
  | {
      readonly type: 'fetch.answered'
      readonly mayHaveMore: boolean
      readonly durationMs: number
    }
  | { readonly type: 'fetch.failed'; readonly error: unknown }

interface ProducerContext {
  readonly input: ProducerInput
  readonly limit: number
  /** For the description of the tree. */
  readonly public: { readonly uuid: string; readonly limit: number }
  /** What the operator wants, also while there is nothing to pause yet. */
  readonly isPaused: boolean
  /** Something may be available that no claim has looked for yet. */
  readonly wanted: boolean
  /** Where the next claim begins. */
  readonly cursor: ClaimCursor
  /** Claims that failed in a row. */
  readonly failures: number
  /** How long the last claim took. */
  readonly claimMs: number
}

/** The part of the slots that is worth a claim at once, when there are jobs for all of them. */
const ENOUGH_FREE = 3 / 4

/** The longest wait of free slots for others, in milliseconds, however long a claim takes. */
const LONGEST_GATHERING_MS = 10

/** Results that may wait for the database before the claiming stops, whatever the limit. */
const LEAST_UNACKNOWLEDGED = 200

/** How many more may run; below 0 when too many do. */
function roomOf({ input: { lingering, tenure }, limit }: ProducerContext): number {
  return limit - tenure.load - lingering()
}

/** How many more may be held, started or not; below 0 when there are too many. */
function spaceOf(context: ProducerContext): number {
  const { prefetch, tenure } = context.input

  return roomOf(context) + prefetch - tenure.backlog.size
}

/** What is claimed ahead is topped up when half of it has gone: one claim for many, not for each. */
function demandOf(context: ProducerContext): number {
  const { prefetch, tenure } = context.input
  if (tenure.starved || tenure.backlog.size > prefetch / 2) return 0

  return Math.max(0, spaceOf(context))
}

/** Have the next jobs start for which the limit leaves room. */
function handOver(context: ProducerContext): void {
  const { run, tenure } = context.input
  const runs = tenure.begin(roomOf(context))
  if (runs.length > 0) run(runs)
}

/** Give back those that have waited longest to be the next, until `count` wait. */
function keep({ cursor, input: { giveBack, tenure } }: ProducerContext, count: number): void {
  const surplus = tenure.backlog.last(tenure.backlog.size - count)
  if (surplus.length === 0) return
  giveBack(surplus)
  cursor.rewind()
}

/** Claims ask for less while they fail: half as much with each failure. */
function cautious(demand: number, failures: number): number {
  return Math.max(1, Math.floor(demand / 2 ** Math.min(failures, 10)))
}

/**
 * How long to wait for a database that is too busy to answer, or that refuses claims while it takes
 * heartbeats: nobody tells when that is over, and ten seconds later jobs are to run again.
 */
const PATIENCE = { firstMs: 500, longestMs: 8_000 }

export class TenureLostError extends Error {
  override readonly name = 'TenureLostError'

  constructor(queue: string, uuid: string) {
    super(`producer ${uuid} of queue "${queue}" was declared dead; its jobs belong to others now`)
  }
}

export const producer = setup({
  types: {
    input: {} as ProducerInput,
    context: {} as ProducerContext,
    events: {} as ProducerMessage | Answer,
  },
  actors: { register: fromPromise<void, ProducerInput>(({ input }) => input.register()) },
  actions: {
    want: assign({ wanted: true }),
    rewind: ({ context }) => {
      context.cursor.rewind()
    },
    note: assign(({ event, context }) => ({
      failures: 0,
      claimMs: event.type === 'fetch.answered' ? event.durationMs : context.claimMs,
    })),
    scale: assign(({ context, event }) => {
      const limit = event.type === 'scale' ? event.limit : context.limit

      return { limit, public: { ...context.public, limit }, wanted: true }
    }),
    fetch: ({ context, self }) => {
      const demand = cautious(demandOf(context), context.failures)
      const { cursor, input } = context
      const { fetch, monotonicMs, tenure } = input
      const sentAtMs = monotonicMs()
      const look = cursor.begin(sentAtMs)
      void answer<ClaimedRow[], Answer>(self, fetch(demand, look.after), {
        answered: (rows) => {
          tenure.queueUp(rows)
          const mayHaveMore = cursor.advance(look, rows, demand)

          return { type: 'fetch.answered', mayHaveMore, durationMs: monotonicMs() - sentAtMs }
        },
        failed: (error) => {
          cursor.rewind()

          return { type: 'fetch.failed', error }
        },
      })
    },
    bound: ({ context: { input, limit } }) => {
      input.tenure.mostUnacknowledged = Math.max(LEAST_UNACKNOWLEDGED, 2 * limit + input.prefetch)
    },
    // There may be less room than was asked for: the queue was scaled down meanwhile, or paused and
    // resumed, so that two claims were under way.
    run: ({ context }) => {
      handOver(context)
      keep(context, roomOf(context) + context.input.prefetch)
    },
    giveBack: ({ context }) => {
      keep(context, 0)
    },
    lose: ({ context: { input } }) => {
      throw new TenureLostError(input.queue, input.tenure.uuid)
    },
    report: ({ context: { input }, event }) => {
      if (event.type === 'fetch.failed') input.onFailed(event.error)
    },
    reportDrained: ({ context: { input } }) => {
      input.onDrained()
    },
  },
  guards: {
    hasDemand: ({ context }) => context.wanted && demandOf(context) > 0,
    isDrained: ({ context: { input } }) =>
      input.tenure.load === 0 && input.tenure.openFetches === 0,
    isOurs: ({ context: { input }, event }) =>
      event.type === 'tenure.lost' && event.uuid === input.tenure.uuid,
    mayHaveMore: ({ context, event }) =>
      event.type === 'fetch.answered' && (event.mayHaveMore || spaceOf(context) < 0),
    isRoomy: ({ context }) =>
      context.input.prefetch > 0 || roomOf(context) >= context.limit * ENOUGH_FREE,
    isPaused: ({ context }) => context.isPaused,
  },
  delays: {
    gathering: ({ context: { claimMs } }) => Math.min(claimMs, LONGEST_GATHERING_MS),
    cooldown: ({ context: { claimMs, input } }) => Math.max(0, input.cooldownMs - claimMs),
    patience: ({ context }) => patience(context.failures, PATIENCE),
  },
}).createMachine({
  id: 'producer',
  context: ({ input }) => ({
    input,
    limit: input.limit,
    public: { uuid: input.tenure.uuid, limit: input.limit },
    isPaused: input.paused,
    wanted: true,
    cursor: new ClaimCursor(),
    failures: 0,
    claimMs: 0,
  }),
  initial: 'registering',
  entry: 'bound',
  on: {
    'jobs.available': { actions: ['want', 'rewind'] },
    scale: { actions: ['scale', 'bound'] },
    'tenure.lost': { guard: 'isOurs', actions: 'lose' },
    // A claim that was under way when the producer paused or drained.
    'fetch.answered': { actions: 'giveBack' },
    'fetch.failed': { actions: 'report' },
    pause: { actions: assign({ isPaused: true }) },
    resume: { actions: assign({ isPaused: false }) },
    drain: '.draining',
    'sup.shutdown': '.stopped',
  },
  states: {
    registering: {
      invoke: {
        src: 'register',
        input: ({ context }) => context.input,
        onDone: [{ guard: 'isPaused', target: 'paused' }, { target: 'running' }],
        onError: {
          target: 'unregistered',
          actions: [
            ({ context, event }) => context.input.onFailed(event.error),
            assign({ failures: ({ context }) => context.failures + 1 }),
          ],
        },
      },
    },
    unregistered: {
      after: { patience: 'registering' },
      on: { 'database.returned': 'registering' },
    },
    running: {
      entry: assign({ failures: 0, wanted: true }),
      initial: 'idle',
      on: {
        pause: { target: 'paused', actions: assign({ isPaused: true }) },
        scale: { actions: ['scale', 'bound', 'run'] },
        'jobs.settled': { actions: 'run' },
        // The answer of a claim from before a pause, besides the one that is awaited.
        'fetch.answered': { actions: ['run', 'want'] },
      },
      states: {
        idle: {
          always: { guard: 'hasDemand', target: 'fetching' },
          on: { 'acks.landed': {} },
        },
        fetching: {
          entry: ['fetch', assign({ wanted: false })],
          on: {
            'fetch.answered': [
              // So says an answer for which there is no room, too.
              {
                guard: 'mayHaveMore',
                target: 'gathering',
                actions: ['run', 'note', 'want'],
              },
              { target: 'cooling', actions: ['run', 'note'] },
            ],
            'fetch.failed': {
              target: 'failing',
              actions: [
                'report',
                assign({ wanted: true, failures: ({ context }) => context.failures + 1 }),
              ],
            },
          },
        },
        /**
         * There is more. Two claims for half of the slots cost more than one for all of them, and short
         * jobs end in the time that a claim takes: free slots wait that long for the others, and no longer.
         */
        gathering: {
          always: { guard: 'isRoomy', target: 'idle' },
          after: { gathering: 'idle' },
        },
        cooling: { after: { cooldown: 'idle' } },
        failing: { after: { patience: 'idle' }, on: { 'database.returned': 'idle' } },
      },
    },
    paused: {
      entry: 'giveBack',
      on: { resume: { target: 'running', actions: assign({ isPaused: false }) } },
    },
    draining: {
      entry: 'giveBack',
      always: { guard: 'isDrained', target: 'drained' },
      on: {
        'jobs.settled': {},
        // What still runs belongs to others: a crash would leave the watchman waiting for it.
        'tenure.lost': { guard: 'isOurs', target: 'drained' },
      },
    },
    drained: { entry: 'reportDrained', on: { 'tenure.lost': {} } },
    stopped: { type: 'final' },
  },
})

export type ProducerRef = ActorRefFrom<typeof producer>
