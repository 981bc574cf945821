/**
 * Changing and reading a running supervisor from outside.
 */
import type { ActorRefFromLogic, AnyActorRef } from 'xstate'
import { isAlive, type Call } from './core.ts'
import type { ChildState } from './description.ts'
import { SupervisorError } from './errors.ts'
import type { ControlMessage } from './message.ts'
import type { ChildLogic, ChildSpec } from './spec.ts'
import type { SupervisorRef } from './supervisor.ts'

/** A supervisor's view of one child. */
export interface ChildStatus {
  readonly id: string
  /** The incarnation that is alive, if any. Look it up again at each use: a restart replaces it. */
  readonly ref: AnyActorRef | undefined
  readonly state: ChildState
}

export interface ChildCounts {
  /** All specifications, also of children that are down. */
  readonly specs: number
  /** Children with an incarnation, also one that is starting or stopping. */
  readonly active: number
  readonly supervisors: number
  readonly workers: number
}

/**
 * Start a child under a running supervisor.
 *
 * @returns its ref once it is ready; of a child that was done at once, the ref of what ended
 * @throws {SupervisorError} `already_started`, `already_present` (down: restart it instead),
 *   `max_children`, `shutdown`, `invalid_spec`, or `start_failed` with the cause; then it is dropped
 * @see https://hexdocs.pm/elixir/DynamicSupervisor.html#start_child/2
 */
export function startChild<Logic extends ChildLogic>(
  supervisor: SupervisorRef,
  spec: ChildSpec<Logic>,
): Promise<ActorRefFromLogic<Logic>> {
  return request(supervisor, (call) => ({ type: 'sup.start_child', spec, call }))
}

/**
 * Stop a child for good: it is not restarted. Waits for its end, as its `shutdown` allows.
 * Its specification stays, except of a temporary child.
 *
 * @throws {SupervisorError} `not_found`, or `shutdown` when the supervisor has ended
 * @see https://hexdocs.pm/elixir/Supervisor.html#terminate_child/2
 */
export async function terminateChild(supervisor: SupervisorRef, id: string): Promise<void> {
  await request<void>(supervisor, (call) => ({ type: 'sup.terminate_child', id, call }))
}

/**
 * Start a child that is down again. When its start fails it stays down.
 *
 * @returns its ref once it is ready
 * @throws {SupervisorError} `not_found`, `running`, `restarting`, `shutdown`, or `start_failed`
 * @see https://hexdocs.pm/elixir/Supervisor.html#restart_child/2
 */
export function restartChild(supervisor: SupervisorRef, id: string): Promise<AnyActorRef> {
  return request(supervisor, (call) => ({ type: 'sup.restart_child', id, call }))
}

/**
 * Forget a child that is down.
 *
 * @throws {SupervisorError} `not_found`, `running`, `restarting`, or `shutdown`
 * @see https://hexdocs.pm/elixir/Supervisor.html#delete_child/2
 */
export async function deleteChild(supervisor: SupervisorRef, id: string): Promise<void> {
  await request<void>(supervisor, (call) => ({ type: 'sup.delete_child', id, call }))
}

/** The children in the order of their specifications. */
export function whichChildren(supervisor: SupervisorRef): ChildStatus[] {
  const { slots } = supervisor.getSnapshot().core

  return Array.from(slots.values(), ({ spec, run, state }) => ({
    id: spec.id,
    ref: run?.ref,
    state,
  }))
}

/** How many children there are, by kind. */
export function countChildren(supervisor: SupervisorRef): ChildCounts {
  const slots = [...supervisor.getSnapshot().core.slots.values()]
  const supervisors = slots.filter(({ spec }) => spec.type === 'supervisor').length

  return {
    specs: slots.length,
    active: slots.filter(isAlive).length,
    supervisors,
    workers: slots.length - supervisors,
  }
}

/**
 * The call is known to the supervisor before it is sent: a message that is dropped because the
 * supervisor stops is answered all the same.
 */
function request<Result>(
  supervisor: SupervisorRef,
  message: (call: Call<Result>) => ControlMessage,
): Promise<Result> {
  const { status, core } = supervisor.getSnapshot()

  return new Promise<Result>((resolve, reject) => {
    const call: Call<Result> = { resolve, reject }
    if (status !== 'active') {
      reject(new SupervisorError('shutdown', 'the supervisor has ended'))

      return
    }
    core.calls.add(call)
    supervisor.send(message(call))
  })
}
