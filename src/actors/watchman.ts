/**
 * Stands at the end of its queue and so stops first: it lets running jobs finish before the producer
 * and the threads are taken away.
 *
 * At the end of the grace the jobs' signals abort, and one second later it lets the queue go on to
 * stop: what still runs in threads is terminated with them and given back.
 */
import { setup, type ActorRefFrom } from 'xstate'
import { LONGEST_DELAY_MS } from '../clock.ts'

export interface WatchmanInput {
  /** How long running jobs may take to finish, in milliseconds, or Infinity. */
  readonly graceMs: number
  /** Tell the producer to drain; false when there is none that could answer. */
  readonly drain: () => boolean
  /** Abort the signals of all running jobs. */
  readonly abort: () => void
  /** The watch is over: what still runs is taken away now. */
  readonly onEnd: () => void
}

export type WatchmanMessage =
  /** From the producer. */ { readonly type: 'queue.drained' } | { readonly type: 'sup.shutdown' }

/** Time for bodies to react to their signal. */
const LAST_CALL_MS = 1_000

export const watchman = setup({
  types: {
    input: {} as WatchmanInput,
    context: {} as WatchmanInput,
    events: {} as WatchmanMessage,
  },
  actions: {
    // A producer that is gone has nothing to wait for: its queue is being started again.
    drain: ({ context, self }) => {
      if (!context.drain()) self.send({ type: 'queue.drained' })
    },
    abort: ({ context }) => {
      context.abort()
    },
    end: ({ context }) => {
      context.onEnd()
    },
  },
  delays: {
    grace: ({ context }) => Math.min(context.graceMs, LONGEST_DELAY_MS),
    lastCall: LAST_CALL_MS,
  },
}).createMachine({
  id: 'watchman',
  context: ({ input }) => input,
  initial: 'watching',
  states: {
    watching: { on: { 'sup.shutdown': 'draining' } },
    draining: {
      entry: 'drain',
      on: { 'queue.drained': 'done' },
      after: { grace: 'aborting' },
    },
    aborting: {
      entry: 'abort',
      on: { 'queue.drained': 'done' },
      after: { lastCall: 'done' },
    },
    done: { type: 'final', entry: 'end' },
  },
})

export type WatchmanRef = ActorRefFrom<typeof watchman>
