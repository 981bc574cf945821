/**
 * What one writes about a child, and what the supervisor makes of it.
 */
import type { AnyActorLogic, InputFrom, Snapshot, SnapshotFrom } from 'xstate'
import type { Restart } from './description.ts'

/**
 * How a child is stopped: asked, and stopped by force after so many milliseconds; by force at once;
 * or asked and waited for without end.
 */
export type Shutdown = number | 'brutal' | 'infinity'

export type ChildType = 'supervisor' | 'worker'

/** What a logic says about itself as a child, where its specification is silent. */
export interface ChildDefaults {
  readonly type: ChildType
  ready(snapshot: Snapshot<unknown>): boolean
}

/** Any actor logic. Only ours carry `asChild`; for others, ready means active. */
export type ChildLogic = AnyActorLogic & { readonly asChild?: ChildDefaults }

interface ChildOptions {
  /** Unique within its supervisor. */
  readonly id: string
  /** The stable address: `system.get(name)` finds the incarnation that is alive. */
  readonly name?: string
  /** Default: `'permanent'`. */
  readonly restart?: Restart
  /** Milliseconds, or a word. Default: 5_000, for a supervisor `'infinity'`. */
  readonly shutdown?: Shutdown
  /** Default: what the logic is. */
  readonly type?: ChildType
  /** Its end may end the supervisor, see `autoShutdown`. Never for a permanent child. Default: false. */
  readonly significant?: boolean
  /** Longest time from start to ready, in milliseconds. Default: `'infinity'`. */
  readonly startTimeout?: number | 'infinity'
  /**
   * Milliseconds to wait before the nth restart in a row; n starts at 1, and again at 1 after a run
   * longer than the supervisor's `maxSeconds`. Default: none.
   */
  readonly backoff?: (attempt: number) => number
}

/** A child's specification, with the types of its logic erased where they were already checked. */
export interface ChildSpec<Logic extends ChildLogic = ChildLogic> extends ChildOptions {
  readonly logic: Logic
  /** A value, or a function that makes a fresh one for each incarnation. */
  readonly input?: unknown
  ready?(snapshot: Snapshot<unknown>): boolean
}

type InputField<Input> = undefined extends Input
  ? { readonly input?: Input | (() => Input) }
  : { readonly input: Input | (() => Input) }

/** What `child()` takes: input and `ready` must fit the logic. */
export type ChildDefinition<Logic extends ChildLogic> = ChildOptions &
  InputField<InputFrom<Logic>> & {
    readonly logic: Logic
    /** When the child counts as started. Default: a process is ready, others are active. */
    readonly ready?: (snapshot: SnapshotFrom<Logic>) => boolean
  }

/**
 * Describe a child, with its input and `ready` checked against its logic.
 *
 * @example
 * ```ts
 * child({ id: 'pruner', logic: pruner, input: { intervalMs: 30_000 }, restart: 'permanent' })
 * ```
 *
 * @returns a plain object; it is validated by the supervisor that is given it
 * @see https://hexdocs.pm/elixir/Supervisor.html#child_spec/2
 */
export function child<Logic extends ChildLogic>(spec: ChildDefinition<Logic>): ChildSpec<Logic> {
  return spec
}

/** A specification with every default in place. */
export interface ResolvedSpec extends ChildSpec {
  readonly restart: Restart
  readonly shutdown: Shutdown
  readonly type: ChildType
  readonly significant: boolean
  readonly startTimeout: number | 'infinity'
  ready(snapshot: Snapshot<unknown>): boolean
}

const anyLogic: ChildDefaults = { type: 'worker', ready: () => true }

/** Fill in the defaults of a specification that was validated. */
export function resolveSpec(spec: ChildSpec): ResolvedSpec {
  const own = spec.logic.asChild ?? anyLogic
  const type = spec.type ?? own.type

  return {
    ...spec,
    type,
    restart: spec.restart ?? 'permanent',
    shutdown: spec.shutdown ?? (type === 'supervisor' ? 'infinity' : 5000),
    significant: spec.significant ?? false,
    startTimeout: spec.startTimeout ?? 'infinity',
    ready: (snapshot) => (spec.ready ? spec.ready(snapshot) : own.ready(snapshot)),
  }
}

/** The input of the next incarnation. */
export function inputFor(spec: ChildSpec): unknown {
  return typeof spec.input === 'function' ? spec.input() : spec.input
}
