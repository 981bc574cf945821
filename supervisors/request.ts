/**
 * The supervisor's side of the control functions.
 */
import type { AnyActorRef } from 'xstate'
import { addSlot, isAlive, isAwaitingStart, rejectCall, resolveCall } from './core.ts'
import type { Call, Core, OpenCall, Slot } from './core.ts'
import { SupervisorError, type SupervisorErrorCode } from './errors.ts'
import { retire } from './exit.ts'
import type { ControlMessage } from './message.ts'
import { cancel, spawn, stopAll } from './run.ts'
import { DEFAULT_REASON } from './shutdown.ts'
import { resolveSpec, type ChildSpec } from './spec.ts'
import { validateSpec } from './validate.ts'

export function handleRequest(core: Core, message: ControlMessage): void {
  if (message.type === 'sup.start_child') {
    startRequested(core, message.spec, message.call)

    return
  }
  const slot = core.slots.get(message.id)
  if (!slot) refuse(core, message.call, 'not_found', `no child "${message.id}"`, message.id)
  else if (message.type === 'sup.restart_child') restartRequested(core, slot, message.call)
  else if (message.type === 'sup.delete_child') deleteRequested(core, slot, message.call)
  else terminateRequested(core, slot, message.call)
}

function refuse(
  core: Core,
  call: OpenCall,
  code: SupervisorErrorCode,
  why: string,
  id: string,
): void {
  rejectCall(core, call, new SupervisorError(code, why, { id }))
}

function startRequested(core: Core, spec: ChildSpec, call: Call<AnyActorRef>): void {
  try {
    validateSpec(spec, core.options)
  } catch (error) {
    if (!(error instanceof SupervisorError)) throw error
    rejectCall(core, call, error)

    return
  }
  const { id } = spec
  if (core.phase === 'stopping') {
    refuse(core, call, 'shutdown', 'the supervisor is shutting down', id)

    return
  }
  const existing = core.slots.get(id)
  if (existing?.state === 'down') {
    refuse(core, call, 'already_present', `child "${id}" is present but down; restart it`, id)
  } else if (existing) {
    refuse(core, call, 'already_started', `child "${id}" is already started`, id)
  } else if (isFull(core)) {
    const { maxChildren } = core.options
    refuse(core, call, 'max_children', `no more than ${maxChildren} children are allowed`, id)
  } else {
    spawn(core, addSlot(core, resolveSpec(spec), { call, isFirst: true }))
  }
}

function isFull(core: Core): boolean {
  const { slots } = core
  const { maxChildren } = core.options
  // Counting is only needed near the bound, as specifications of children that are down are rare.
  if (slots.size < maxChildren) return false

  return [...slots.values()].filter(({ state }) => state !== 'down').length >= maxChildren
}

function terminateRequested(core: Core, slot: Slot, call: Call<void>): void {
  core.plan.starts.delete(slot)
  if (isAlive(slot)) {
    slot.stoppers.push(call)
    // In a shutdown its turn comes anyway, and order is kept.
    if (core.phase !== 'stopping') stopAll(core, [slot], DEFAULT_REASON)

    return
  }
  cancel(core, `retry:${slot.spec.id}`)
  retire(core, slot)
  resolveCall(core, call, undefined)
}

/** Refuses a child that runs or is about to. Tells whether the request may go on. */
function requireDown(core: Core, slot: Slot, call: OpenCall): boolean {
  const { id } = slot.spec
  if (isAwaitingStart(slot)) {
    refuse(core, call, 'restarting', `child "${id}" is being restarted; terminate it first`, id)
  } else if (slot.state !== 'down') {
    refuse(core, call, 'running', `child "${id}" is running; terminate it first`, id)
  }

  return slot.state === 'down'
}

function restartRequested(core: Core, slot: Slot, call: Call<AnyActorRef>): void {
  const { id } = slot.spec
  if (core.phase === 'stopping') {
    refuse(core, call, 'shutdown', 'the supervisor is shutting down', id)
  } else if (requireDown(core, slot, call)) {
    slot.attempt = 0
    slot.starter = { call, isFirst: false }
    spawn(core, slot)
  }
}

function deleteRequested(core: Core, slot: Slot, call: Call<void>): void {
  if (!requireDown(core, slot, call)) return
  core.slots.delete(slot.spec.id)
  resolveCall(core, call, undefined)
}
