/**
 * What a running supervisor remembers.
 *
 * It is changed in place, by the supervisor's own transitions only: copying the slots at each event
 * would make a dynamic supervisor with thousands of children quadratic.
 */
import type { ActorScope, AnyActorRef, Snapshot } from 'xstate'
import type { ChildState, SupervisorPhase } from './description.ts'
import { SupervisorError } from './errors.ts'
import { Intensity } from './intensity.ts'
import type { SupervisorMessage } from './message.ts'
import type { Options } from './options.ts'
import type { Plan } from './plan.ts'
import { registerReporter, type ReportHandler } from './report.ts'
import type { ResolvedSpec } from './spec.ts'

/** One incarnation of a child. */
export class Run {
  readonly slot: Slot
  /** `id#incarnation`, the id of its actor: a late event of a predecessor cannot be taken for its. */
  readonly key: string
  /** Undefined when it could not be created. */
  ref: AnyActorRef | undefined = undefined
  readyAtMs = 0
  /** Why the supervisor gave up on its start. */
  killedFor: Error | undefined = undefined
  /** The timer that ends the patience with a child that does not stop; shared by a batch. */
  stopTimer: StopTimer | undefined = undefined

  constructor(slot: Slot) {
    this.slot = slot
    this.key = `${slot.spec.id}#${slot.incarnation}`
  }

  /** Inspectors write messages as JSON; a slot and its run refer to each other. */
  toJSON(): string {
    return this.key
  }
}

export interface StopTimer {
  readonly id: string
  readonly runs: Set<Run>
}

/** A caller of `startChild` or `restartChild` that waits for the child to be ready. */
export interface Starter {
  readonly call: Call<AnyActorRef>
  /** A child that never was up is forgotten when its start fails. */
  readonly isFirst: boolean
}

/** The place of one child. */
export interface Slot {
  readonly spec: ResolvedSpec
  state: ChildState
  incarnation: number
  /** Restarts in a row, for `backoff`. */
  attempt: number
  lastError: unknown
  /** Whether any incarnation got ready: the first start of a static child is not retried. */
  wasUp: boolean
  run: Run | undefined
  starter: Starter | undefined
  readonly stoppers: Call<void>[]
}

/** A control call that waits for its answer. */
export interface Call<Answer> extends OpenCall {
  resolve(answer: Answer): void
}

/** A call of which one only needs to know that it can be refused. */
export interface OpenCall {
  reject(error: SupervisorError): void
}

/** How the supervisor ends once its children are stopped. */
export type Outcome = { readonly status: 'done' } | { readonly status: 'error'; error: unknown }

export type SupervisorScope = ActorScope<SupervisorSnapshot, SupervisorMessage>

export interface Core {
  readonly options: Options
  readonly scope: SupervisorScope
  readonly slots: Map<string, Slot>
  /** Open control calls: whatever ends the supervisor answers them. */
  readonly calls: Set<OpenCall>
  readonly intensity: Intensity
  readonly report: ReportHandler
  phase: SupervisorPhase
  plan: Plan
  outcome: Outcome
}

export type SupervisorSnapshot = Snapshot<undefined> & {
  readonly phase: SupervisorPhase
  /** For `describe` and the control functions; not part of the contract. */
  readonly core: Core
}

export function createCore(options: Options, plan: Plan, scope: SupervisorScope): Core {
  const { maxRestarts, maxSeconds, now, onReport } = options

  return {
    options,
    scope,
    slots: new Map(),
    calls: new Set(),
    intensity: new Intensity(maxRestarts, maxSeconds, now),
    report: registerReporter(scope.self, onReport, scope.logger),
    phase: 'starting',
    plan,
    outcome: { status: 'done' },
  }
}

export function addSlot(core: Core, spec: ResolvedSpec, starter?: Starter): Slot {
  const slot: Slot = {
    spec,
    state: 'idle',
    incarnation: 0,
    attempt: 0,
    lastError: undefined,
    wasUp: false,
    run: undefined,
    starter,
    stoppers: [],
  }
  core.slots.set(spec.id, slot)

  return slot
}

/** Whether an incarnation exists: it may be starting or stopping. */
export function isAlive(slot: Slot): boolean {
  return slot.run !== undefined
}

/** Whether it is to be started without anybody asking. */
export function isAwaitingStart(slot: Slot): boolean {
  return slot.state === 'backoff' || slot.state === 'idle'
}

/** Answer a call; a call is answered once. */
export function resolveCall<Answer>(core: Core, call: Call<Answer>, answer: Answer): void {
  if (core.calls.delete(call)) call.resolve(answer)
}

export function rejectCall(core: Core, call: OpenCall, error: SupervisorError): void {
  if (core.calls.delete(call)) call.reject(error)
}

/** Nobody may wait for a supervisor that is no more. */
export function rejectOpenCalls(core: Core): void {
  for (const call of core.calls) {
    rejectCall(core, call, new SupervisorError('shutdown', 'the supervisor has ended'))
  }
}
