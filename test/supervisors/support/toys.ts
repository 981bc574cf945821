/**
 * Children that write down what happens to them, and a supervisor on a simulated clock.
 */
import { createActor, setup, SimulatedClock, type AnyActorRef } from 'xstate'
import { child, fromProcess, supervisor, whichChildren } from '../../../supervisors/index.ts'
import type {
  ChildSpec,
  ProcessHandlers,
  Report,
  SupervisorInput,
  SupervisorRef,
} from '../../../supervisors/index.ts'

/** What a toy can be told. */
export type ToyMessage =
  | { readonly type: 'crash'; readonly error: unknown }
  | { readonly type: 'finish' }
  | { readonly type: 'note'; readonly text: string }

export interface ToyInput {
  readonly name: string
  readonly log: string[]
  /** Runs when it starts: may throw, or return a promise that it waits for. */
  readonly onStart?: () => unknown
  /** Runs when it is asked to stop. */
  readonly onShutdown?: (reason: string) => unknown
}

/** A process that logs `+name` at its start, `?name` when asked to stop, `-name` at its end. */
export const toy = fromProcess<ToyMessage, string[], ToyInput>(
  [],
  ({ input, fail, finish: end, set }) => {
    const { name, log, onStart, onShutdown } = input
    log.push(`+${name}`)
    const handlers: ProcessHandlers<ToyMessage> = {
      onEvent(message) {
        if (message.type === 'crash') fail(message.error)
        else if (message.type === 'finish') end()
        else set((notes) => [...notes, message.text])
      },
      onShutdown(reason) {
        log.push(`?${name}`)

        return onShutdown?.(reason)
      },
      dispose: () => log.push(`-${name}`),
    }
    const started = onStart?.()

    return started instanceof Promise ? started.then(() => handlers) : handlers
  },
)

type ToyOptions = Partial<Omit<ChildSpec, 'id' | 'input' | 'logic' | 'ready'>> &
  Pick<ToyInput, 'onShutdown' | 'onStart'>

/** A promise that is settled from outside. */
export class Deferred<Value = void> {
  resolve: (value: Value) => void = raise
  reject: (error: unknown) => void = raise
  readonly promise = new Promise<Value>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })
}

function raise(): never {
  throw new Error('the executor of a promise runs before anybody can settle it')
}

/** A function that throws. */
export function throwing(error: unknown): () => never {
  return () => {
    throw error
  }
}

/** A promise that nobody settles. */
export function never(): Promise<never> {
  return new Promise(() => undefined)
}

/** Wait until every promise that is already settled has had its followers run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** A supervisor whose clock, log and reports the test holds. */
export function bench() {
  const log: string[] = []
  const reports: Report[] = []
  const errors: unknown[] = []
  const clock = new SimulatedClock()

  function toyChild(id: string, { onStart, onShutdown, ...options }: ToyOptions = {}) {
    return child({
      id,
      logic: toy,
      input: {
        name: id,
        log,
        ...(onStart && { onStart }),
        ...(onShutdown && { onShutdown }),
      },
      ...options,
    })
  }

  function start(input: SupervisorInput) {
    const root = createActor(supervisor, {
      clock,
      input: { onReport: (report) => reports.push(report), ...input },
    })
    root.subscribe({ error: (error) => errors.push(error) })
    root.start()

    return root
  }

  /** What was logged since the last look. */
  const logged = () => log.splice(0).join(' ')
  const kinds = () => reports.map(({ kind, id }) => `${kind} ${id}`)

  return { clock, errors, kinds, log, logged, reports, start, toyChild }
}

export function refOf(root: SupervisorRef, id: string): AnyActorRef {
  const ref = whichChildren(root).find((status) => status.id === id)?.ref
  if (!ref) throw new Error(`no child "${id}" is alive`)

  return ref
}

export function crash(root: SupervisorRef, id: string, error: unknown = new Error('boom')): void {
  refOf(root, id).send({ type: 'crash', error })
}

export function finish(root: SupervisorRef, id: string): void {
  refOf(root, id).send({ type: 'finish' })
}

/** The states of all children, as `a:up b:down`. */
export function states(root: SupervisorRef): string {
  return whichChildren(root)
    .map(({ id, state }) => `${id}:${state}`)
    .join(' ')
}

interface MachineTypes {
  readonly context?: { readonly public: { readonly jobs: number }; readonly secret: string }
  readonly events?: { type: 'crash' } | { type: 'finish' } | { type: 'sup.shutdown' }
}

const machineTypes: MachineTypes = {}

/** A machine that throws in its own action on `crash`, is done on `finish`, and obeys its supervisor. */
export const machine = setup({
  types: machineTypes,
  actors: { helper: toy },
  actions: {
    explode: () => {
      throw new Error('boom')
    },
  },
}).createMachine({
  context: { public: { jobs: 2 }, secret: 'password' },
  initial: 'working',
  states: {
    working: {
      on: { crash: { actions: 'explode' }, finish: 'over', 'sup.shutdown': 'over' },
    },
    over: { type: 'final' },
  },
})
