/**
 * Keeps one LISTEN session open, for ever: a session that ends is reported and opened again. Who is
 * told of a notification is looked up by name for each, so that nobody subscribes and nothing is
 * forgotten when an actor restarts. While it is down the stager's polling moves the jobs.
 */
import { assign, fromPromise, setup, type ActorRefFrom } from 'xstate'
import { patience } from '../patience.ts'

export interface NotifierInput {
  /** Listen until the session ends; never resolves. */
  readonly session: (signal: AbortSignal, onUp: () => void) => Promise<never>
  /** The wall clock, for what operators see. */
  readonly now: () => Date
  readonly onUp: () => void
  readonly onDown: (error: unknown) => void
  /** Whether a session failed of a pooler, through which none can hear. */
  readonly isPooled: (error: unknown) => boolean
}

export type NotifierMessage =
  /** From the session. */
  | { readonly type: 'session.up' }
  /** From whoever reads notifications: one that says nothing this node understands. */
  | { readonly type: 'payload.ignored' }
  | { readonly type: 'sup.shutdown' }

interface NotifierContext {
  readonly input: NotifierInput
  /** Sessions in a row that never came up. */
  readonly failures: number
  /** For the description of the tree. */
  readonly public: {
    /** When the session came up that notifications arrive on now. */
    readonly connectedAt: Date | null
    /** Payloads that this node could not read, since this actor started. */
    readonly ignored: number
  }
}

/** A lost session is to be back within three seconds of the server's return. */
const PATIENCE = { firstMs: 200, longestMs: 2_000 }

/** It stays as it is until somebody sets it up anew, and each try costs connections and a warning. */
const POOLED_MS = 60_000

export const notifier = setup({
  types: {
    input: {} as NotifierInput,
    context: {} as NotifierContext,
    events: {} as NotifierMessage,
  },
  actors: {
    session: fromPromise<never, { input: NotifierInput; onUp: () => void }>(({ input, signal }) =>
      input.input.session(signal, input.onUp),
    ),
  },
  actions: {
    ignore: assign({
      public: ({ context }) => ({ ...context.public, ignored: context.public.ignored + 1 }),
    }),
    rise: assign(({ context }) => ({
      failures: 0,
      public: { ...context.public, connectedAt: context.input.now() },
    })),
    fall: assign(({ context }) => ({
      failures: context.failures + 1,
      public: { ...context.public, connectedAt: null },
    })),
  },
  delays: { patience: ({ context }) => patience(context.failures, PATIENCE) },
}).createMachine({
  id: 'notifier',
  context: ({ input }) => ({ input, failures: 0, public: { connectedAt: null, ignored: 0 } }),
  initial: 'session',
  on: { 'sup.shutdown': '.stopped', 'payload.ignored': { actions: 'ignore' } },
  states: {
    session: {
      initial: 'connecting',
      invoke: {
        src: 'session',
        input: ({ context: { input }, self }) => ({
          input,
          onUp: () => {
            self.send({ type: 'session.up' })
          },
        }),
        onError: [
          {
            guard: ({ context, event }) => context.input.isPooled(event.error),
            target: 'pooled',
            actions: [({ context, event }) => context.input.onDown(event.error), 'fall'],
          },
          {
            target: 'down',
            actions: [({ context, event }) => context.input.onDown(event.error), 'fall'],
          },
        ],
      },
      states: {
        connecting: {
          on: {
            'session.up': {
              target: 'listening',
              actions: [({ context }) => context.input.onUp(), 'rise'],
            },
          },
        },
        listening: {},
      },
    },
    down: { after: { patience: 'session' } },
    pooled: { after: { [POOLED_MS]: 'session' } },
    stopped: { type: 'final' },
  },
})

export type NotifierRef = ActorRefFrom<typeof notifier>
