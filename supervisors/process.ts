/**
 * A leaf that owns a resource: a connection, a thread, a timer.
 *
 * XState's callback actors do not dispose after a crash in their receiver, and an error in anything
 * asynchronous in them is an uncaught exception. Here the start may take time and fail, the end may
 * take time, and `dispose` runs once whatever happens.
 */
import type { ActorLogic, ActorRef, EventObject, Snapshot } from 'xstate'
import type { System } from './clock.ts'
import type { ShutdownMessage } from './message.ts'
import { isPromise, ProcessLife, ProcessSignal, type ProcessHandlers } from './process-life.ts'
import type { ChildDefaults } from './spec.ts'

/** starting: `start` has not finished, messages wait. draining: asked to stop, not over yet. */
export type ProcessPhase = 'draining' | 'ready' | 'starting'

export type ProcessSnapshot<State> = Snapshot<unknown> & {
  readonly phase: ProcessPhase
  readonly state: State
}

export type ProcessMessage<Message extends EventObject> = Message | ShutdownMessage

export type ProcessRef<Message extends EventObject, State> = ActorRef<
  ProcessSnapshot<State>,
  ProcessMessage<Message>
>

/** What a process gets to work with. */
export interface ProcessScope<Message extends EventObject, State, Input> {
  readonly input: Input
  readonly self: ProcessRef<Message, State>
  readonly system: System
  /** Aborts when the process ends, however it ends; while it is starting, also when asked to stop. */
  readonly signal: AbortSignal
  /** Publish a state, or what a function makes of the present one. Never change it in place. */
  readonly set: (state: State | ((state: State) => State)) => void
  /** Crash, from anywhere: the supervisor decides what follows. */
  readonly fail: (error: unknown) => void
  /** End normally. */
  readonly finish: (output?: unknown) => void
}

type Started<Message extends EventObject> = ProcessHandlers<Message> | undefined | void

/** Acquires the resource. A throw or a rejection is a failed start. */
export type ProcessStart<Message extends EventObject, State, Input> = (
  scope: ProcessScope<Message, State, Input>,
) => Promise<Started<Message>> | Started<Message>

export type ProcessLogic<Message extends EventObject, State, Input> = ActorLogic<
  ProcessSnapshot<State>,
  ProcessMessage<Message>,
  Input
> & { readonly asChild: ChildDefaults }

/**
 * Make the logic of a process.
 *
 * `start` may be synchronous: then the process is ready as soon as it is started. What it gives
 * back, `onEvent`, `onShutdown` and `dispose`, is optional. Messages that come while it is starting
 * are kept and handled in order once it is ready. A failure in `onShutdown`, and one in `dispose` of
 * an orderly end, ends the process with that error; one in `dispose` after a crash, a stop by force
 * or too late a start is reported by its supervisor.
 *
 * @example
 * ```ts
 * const listener = fromProcess<{ type: 'ping' }, number, { url: string }>(0, async ({ input, set }) => {
 *   const client = await connect(input.url)
 *   return { onEvent: () => set((pings) => pings + 1), dispose: () => client.destroy() }
 * })
 * ```
 *
 * @param initialState - each incarnation begins with this very value; it must not be changed in place
 * @see https://hexdocs.pm/elixir/GenServer.html
 */
export function fromProcess<Message extends EventObject, State, Input = unknown>(
  initialState: State,
  start: ProcessStart<Message, State, Input>,
): ProcessLogic<Message, State, Input> {
  const lives = new WeakMap<object, { life: ProcessLife<Message, State>; input: Input }>()

  function lifeOf(self: object) {
    const entry = lives.get(self)
    if (!entry) throw new Error('a process cannot be restored from a snapshot; start it afresh')

    return entry
  }

  return {
    asChild: {
      type: 'worker',
      ready: (snapshot) => 'phase' in snapshot && snapshot.phase === 'ready',
    },

    getInitialSnapshot({ self, logger }, input) {
      lives.set(self, { life: new ProcessLife(self, logger), input })
      const base = { output: undefined, error: undefined, state: initialState }

      return { ...base, status: 'active', phase: 'starting' }
    },

    start(_snapshot, { self, system }) {
      const { life, input } = lifeOf(self)
      begin(life, () => start(scopeOf(life, { input, self, system })))
    },

    transition(snapshot, message, { self }) {
      const { life } = lifeOf(self)
      try {
        if (message instanceof ProcessSignal) return message.apply(snapshot)
        if (isShutdown(message)) return life.drain(snapshot, message.reason ?? 'shutdown')
        if (message.type !== 'xstate.stop') return life.receive(snapshot, message)
        life.stop()

        return { ...snapshot, status: 'stopped', output: undefined, error: undefined }
      } catch (error) {
        return life.crash(snapshot, error)
      }
    },

    getPersistedSnapshot: ({ phase: _phase, state: _state, ...rest }) => rest,
  }
}

type Surroundings<Message extends EventObject, State, Input> = Pick<
  ProcessScope<Message, State, Input>,
  'input' | 'self' | 'system'
>

function scopeOf<Message extends EventObject, State, Input>(
  life: ProcessLife<Message, State>,
  surroundings: Surroundings<Message, State, Input>,
): ProcessScope<Message, State, Input> {
  return {
    ...surroundings,
    get signal() {
      return life.signal
    },
    set: (state) => life.tell('process.set', (snapshot) => withState(snapshot, state)),
    fail: (error) => life.tell('process.fail', (snapshot) => life.crash(snapshot, error)),
    finish: (output) => life.tell('process.finish', (snapshot) => life.finish(snapshot, output)),
  }
}

function begin<Message extends EventObject, State>(
  life: ProcessLife<Message, State>,
  run: () => Promise<Started<Message>> | Started<Message>,
): void {
  // After the end of the process XState drops this message, as it should: a start that was called
  // off answers with a rejection.
  const failed = (error: unknown) =>
    life.tell('process.fail', (snapshot) => life.crash(snapshot, error))
  try {
    const started = run()
    if (isPromise(started)) started.then((handlers) => life.started(handlers ?? {}), failed)
    else life.started(started ?? {})
  } catch (error) {
    failed(error)
  }
}

function isShutdown(message: EventObject): message is ShutdownMessage {
  return message.type === 'sup.shutdown'
}

function isUpdate<State>(
  state: State | ((state: State) => State),
): state is (state: State) => State {
  return typeof state === 'function'
}

function withState<State>(
  snapshot: ProcessSnapshot<State>,
  state: State | ((state: State) => State),
): ProcessSnapshot<State> {
  return { ...snapshot, state: isUpdate(state) ? state(snapshot.state) : state }
}
