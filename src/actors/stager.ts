/**
 * Makes due jobs of this node's queues available and wakes the producers that have something to run.
 *
 * It is also the polling that keeps jobs moving when notifications do not arrive. A failed look is
 * reported and tried again at the next interval: an outage must not spend the harbor's restarts. One that
 * took too long is followed by smaller ones. Stopping ends the one that is under way.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import { LONGEST_DELAY_MS } from '../clock.ts'
import { largerPage, smallerPage } from '../protocol/page.ts'

export interface Staging {
  /** The queues that have available jobs. */
  readonly queues: readonly string[]
  /** The database did not stage so many jobs in time: nothing was staged. */
  readonly timeout: Error | undefined
}

export interface StagerInput {
  /** Time between looks, in milliseconds; `Infinity` to look at the start and when told to. */
  readonly intervalMs: number
  /** Most jobs in one look. */
  readonly limit: number
  /** Stage up to so many due jobs; the signal ends it. */
  readonly stage: (limit: number, signal: AbortSignal) => Promise<Staging>
  /** The wall clock, for what operators see. */
  readonly now: () => Date
  readonly wake: (queues: readonly string[]) => void
  readonly onFailed: (error: unknown) => void
}

export type StagerMessage =
  /** From whoever made jobs available that nobody announces. */
  { readonly type: 'stage.now' } | { readonly type: 'sup.shutdown' }

interface StagerContext {
  readonly input: StagerInput
  /** What a look stages at most now, less than configured after a timeout. */
  readonly limit: number
  /** For the description of the tree: when the last look was answered. */
  readonly public: { readonly lookedAt: Date | null }
}

export const stager = setup({
  types: { input: {} as StagerInput, context: {} as StagerContext, events: {} as StagerMessage },
  actors: {
    stage: fromPromise<Staging, StagerContext>(({ input: { input, limit }, signal }) =>
      input.stage(limit, signal),
    ),
  },
  actions: {
    growPage: assign(({ context: { input, limit } }) => ({
      limit: largerPage(limit, input.limit),
    })),
    halvePage: assign(({ context: { limit } }) => ({ limit: smallerPage(limit) })),
    noteLook: assign({ public: ({ context }) => ({ lookedAt: context.input.now() }) }),
  },
  delays: {
    // A timer has no name for never: a look in 24 days harms nobody.
    interval: ({ context: { input } }) => Math.min(input.intervalMs, LONGEST_DELAY_MS),
  },
}).createMachine({
  id: 'stager',
  context: ({ input }) => ({ input, limit: input.limit, public: { lookedAt: null } }),
  initial: 'staging',
  on: { 'sup.shutdown': '.stopped' },
  states: {
    staging: {
      invoke: {
        src: 'stage',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.timeout !== undefined,
            target: 'waiting',
            actions: [
              'halvePage',
              ({ context, event }) => {
                context.input.onFailed(event.output.timeout)
              },
            ],
          },
          {
            target: 'waiting',
            actions: [
              'growPage',
              'noteLook',
              ({ context, event }) => {
                context.input.wake(event.output.queues)
              },
            ],
          },
        ],
        onError: {
          target: 'waiting',
          actions: ({ context, event }) => {
            context.input.onFailed(event.error)
          },
        },
      },
    },
    waiting: { after: { interval: 'staging' }, on: { 'stage.now': 'staging' } },
    stopped: { type: 'final' },
  },
})

export type StagerRef = ActorRefFrom<typeof stager>
