/**
 * Sends the acknowledgements of this node, whichever queue they come from: at once when its connection
 * is free, and otherwise together with all that gathered meanwhile. No timer decides, and none is lost:
 * they wait in the outbox, which outlives this actor, until the database takes them.
 *
 * Asked to stop it goes on until the outbox is empty, or for a few seconds in which the database takes nothing.
 */
import { assign, setup, type ActorRefFrom } from 'xstate'
import { answer } from '../answer.ts'
import { patience } from '../patience.ts'

export interface AckerInput {
  /** Deliver some of what waits; rejects when the database is away. */
  readonly flush: () => Promise<void>
  /** Whether anything can be sent now. */
  readonly hasWaiting: () => boolean
  /** How many acknowledgements wait, for whatever. */
  readonly countWaiting: () => number
  /** Whether anything waits for another try. */
  readonly hasRefused: () => boolean
  readonly onFailed: (error: unknown) => void
}

export type AckerMessage =
  /** From the queues: the outbox has something to send. */
  | { readonly type: 'acks.waiting' }
  /** From the refresher: there is no point in waiting any longer. */
  | { readonly type: 'database.returned' }
  | { readonly type: 'sup.shutdown' }

/** Sent by the acker to itself. */
type Answer =
  | { readonly type: 'flush.answered' }
  | { readonly type: 'flush.failed'; readonly error: unknown }

interface AckerContext {
  readonly input: AckerInput
  readonly failures: number
  /** For the description of the tree. */
  readonly public: { readonly waiting: number }
}

/** How long to wait for a database that is away. */
const PATIENCE = { firstMs: 200, longestMs: 10_000 }

/** How often refused acknowledgements are looked at, in milliseconds. */
const REFUSED_MS = 1_000

/** How long an outage may hold up a stop, and the pause between its tries, in milliseconds. */
const LAST_TRIES_MS = 5_000
const LAST_PAUSE_MS = 250

export const acker = setup({
  types: {
    input: {} as AckerInput,
    context: {} as AckerContext,
    events: {} as AckerMessage | Answer,
  },
  actions: {
    flush: ({ context, self }) => {
      void answer<void, Answer>(self, context.input.flush(), {
        answered: () => ({ type: 'flush.answered' }),
        failed: (error) => ({ type: 'flush.failed', error }),
      })
    },
    report: ({ context: { input }, event }) => {
      if (event.type === 'flush.failed') input.onFailed(event.error)
    },
    calm: assign({ failures: 0 }),
    fail: assign({ failures: ({ context }) => context.failures + 1 }),
  },
  guards: {
    hasWaiting: ({ context: { input } }) => input.hasWaiting(),
    hasRefused: ({ context: { input } }) => input.hasRefused(),
  },
  delays: {
    refused: REFUSED_MS,
    lastTries: LAST_TRIES_MS,
    lastPause: LAST_PAUSE_MS,
    patience: ({ context }) => patience(context.failures, PATIENCE),
  },
}).createMachine({
  id: 'acker',
  context: ({ input }) => ({
    input,
    failures: 0,
    // Counted when somebody looks: results come and go by the thousand.
    public: {
      get waiting() {
        return input.countWaiting()
      },
    },
  }),
  initial: 'working',
  states: {
    working: {
      initial: 'idle',
      on: { 'sup.shutdown': 'finishing' },
      states: {
        idle: {
          always: [
            { guard: 'hasWaiting', target: 'flushing' },
            { guard: 'hasRefused', target: 'retrying' },
          ],
          on: { 'acks.waiting': {} },
        },
        /** Only with something to try again is there a timer to set. */
        retrying: {
          always: { guard: 'hasWaiting', target: 'flushing' },
          on: { 'acks.waiting': {} },
          after: { refused: 'flushing' },
        },
        flushing: {
          entry: 'flush',
          on: {
            'flush.answered': { target: 'idle', actions: 'calm' },
            'flush.failed': { target: 'failing', actions: ['fail', 'report'] },
            'sup.shutdown': '#acker.finishing.awaiting',
          },
        },
        failing: { after: { patience: 'flushing' }, on: { 'database.returned': 'flushing' } },
      },
    },
    finishing: {
      initial: 'flushing',
      after: { lastTries: 'finished' },
      on: {
        'sup.shutdown': {},
        'flush.answered': [
          // The database answers: the five seconds begin anew, however much there is to store.
          { guard: 'hasWaiting', target: 'finishing', reenter: true },
          { guard: 'hasRefused', target: '.pausing' },
          { target: 'finished' },
        ],
        'flush.failed': { target: '.pausing', actions: 'report' },
      },
      states: {
        flushing: { entry: 'flush' },
        /** The flush that was under way has not been answered. */
        awaiting: {},
        pausing: { after: { lastPause: 'flushing' } },
      },
    },
    finished: { type: 'final' },
  },
})

export type AckerRef = ActorRefFrom<typeof acker>
