/**
 * Inserts the jobs of the crontab: looks at the start, and from then on when a minute begins by the
 * database's clock. The clock of the node is not asked.
 *
 * A failed look is reported and tried again some seconds later, within the minute. It must not crash the
 * actor: an outage would spend the harbor's restarts. Nothing is lost by a restart, as what ran last is a
 * row.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'

export interface Tick {
  /** Until the next minute begins, in milliseconds. */
  readonly waitMs: number
  /** When an entry is due next; null when there are only those of `@reboot`. */
  readonly nextRun: Date | null
}

export interface CronInput {
  /** How many there are. */
  readonly entries: number
  /** Insert what is due; the signal ends it. */
  readonly tick: (signal: AbortSignal) => Promise<Tick>
  /** What is added to each wait, in milliseconds. */
  readonly jitterMs: () => number
  readonly onFailed: (error: unknown) => void
}

export interface CronMessage {
  readonly type: 'sup.shutdown'
}

interface CronContext {
  readonly input: CronInput
  readonly waitMs: number
  /** For the description of the tree. */
  readonly public: { readonly entries: number; readonly nextRun: Date | null }
}

/** Between two attempts, in milliseconds: often enough for a minute. */
const RETRY_MS = 5_000

export const cron = setup({
  types: { input: {} as CronInput, context: {} as CronContext, events: {} as CronMessage },
  actors: {
    tick: fromPromise<Tick, CronInput>(({ input, signal }) => input.tick(signal)),
  },
  delays: {
    wait: ({ context: { input, waitMs } }) => waitMs + input.jitterMs(),
    retry: ({ context: { input } }) => RETRY_MS + input.jitterMs(),
  },
}).createMachine({
  id: 'cron',
  context: ({ input }) => ({
    input,
    waitMs: 0,
    public: { entries: input.entries, nextRun: null },
  }),
  initial: 'ticking',
  on: { 'sup.shutdown': '.stopped' },
  states: {
    ticking: {
      invoke: {
        src: 'tick',
        input: ({ context }) => context.input,
        onDone: {
          target: 'waiting',
          actions: assign(({ context: { input }, event: { output } }) => ({
            waitMs: output.waitMs,
            public: { entries: input.entries, nextRun: output.nextRun },
          })),
        },
        onError: {
          target: 'retrying',
          actions: ({ context, event }) => {
            context.input.onFailed(event.error)
          },
        },
      },
    },
    waiting: { after: { wait: 'ticking' } },
    retrying: { after: { retry: 'ticking' } },
    stopped: { type: 'final' },
  },
})

export type CronRef = ActorRefFrom<typeof cron>
