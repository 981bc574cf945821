/**
 * What follows from the end of a child: after its start failed, after it was stopped, or after it
 * ended by itself.
 */
import { isAlive, isAwaitingStart, rejectCall, resolveCall } from './core.ts'
import type { Core, Run, Slot } from './core.ts'
import { StartError, SupervisorError } from './errors.ts'
import type { Exit } from './message.ts'
import { restart } from './restart.ts'
import { cancelTimers, reap } from './run.ts'
import { beginShutdown } from './shutdown.ts'

export function childExited(core: Core, run: Run, exit: Exit): void {
  const { slot } = run
  if (slot.run !== run) return
  cancelTimers(core, run)
  slot.run = undefined
  if (exit.status === 'error') {
    slot.lastError = exit.error
    if (run.ref) reap(core, slot.spec.id, run.ref)
  }

  if (slot.state === 'stopping') stopped(core, slot, exit)
  else if (slot.state === 'starting') startEnded(core, run, exit)
  else terminated(core, run, exit)
  for (const call of slot.stoppers.splice(0)) resolveCall(core, call, undefined)
}

/** It ended because the supervisor asked it to: never a reason to restart. */
function stopped(core: Core, slot: Slot, exit: Exit): void {
  const { id } = slot.spec
  if (exit.status === 'error') core.report({ kind: 'child_terminated', id, error: exit.error })
  if (core.phase !== 'stopping' && core.plan.starts.has(slot)) slot.state = 'idle'
  else retire(core, slot)
}

function startEnded(core: Core, run: Run, exit: Exit): void {
  const { slot } = run
  if (run.killedFor) startFailed(core, slot, run.killedFor)
  else if (exit.status === 'error') startFailed(core, slot, exit.error)
  else if (exit.status === 'done') ignored(core, run)
  else startFailed(core, slot, new StartError(slot.spec.id, 'was stopped before it was ready'))
}

/** It was done before it was ready: it has nothing to do here. Its specification stays. */
function ignored(core: Core, { slot, ref }: Run): void {
  const { starter } = slot
  slot.starter = undefined
  retire(core, slot)
  if (starter && ref) resolveCall(core, starter.call, ref)
}

function startFailed(core: Core, slot: Slot, error: unknown): void {
  const { id } = slot.spec
  const { starter } = slot
  slot.lastError = error
  core.report({ kind: 'start_error', id, error })
  if (starter || core.phase === 'stopping') {
    retire(core, slot)
  } else if (core.plan.starts.has(slot)) {
    slot.state = 'idle'
  } else if (core.phase === 'starting' && !slot.wasUp) {
    retire(core, slot)
    const failure = new StartError(id, 'failed to start', { cause: error })
    beginShutdown(core, { status: 'error', error: failure })
  } else {
    restart(core, slot, { error, isFailedStart: true })
  }
}

function terminated(core: Core, run: Run, exit: Exit): void {
  const { slot } = run
  const { id, restart: type, significant } = slot.spec
  const error = exit.status === 'error' ? exit.error : undefined
  const isRestarted =
    core.phase !== 'stopping' &&
    (type === 'permanent' || (type === 'transient' && exit.status === 'error'))
  if (isRestarted || exit.status === 'error') core.report({ kind: 'child_terminated', id, error })

  if (!isRestarted) {
    retire(core, slot)
    if (significant) autoShutdown(core)
  } else if (core.plan.starts.has(slot)) {
    // Its group is being restarted and it was about to be stopped: that is the same restart.
    slot.state = 'idle'
  } else {
    if (ranLong(core, run)) slot.attempt = 0
    restart(core, slot, { error, isFailedStart: false })
  }
}

function ranLong(core: Core, { readyAtMs }: Run): boolean {
  return core.options.now() - readyAtMs > core.options.maxSeconds * 1000
}

function autoShutdown(core: Core): void {
  const { autoShutdown: mode } = core.options
  const others = [...core.slots.values()].some(
    (slot) => slot.spec.significant && (isAlive(slot) || isAwaitingStart(slot)),
  )
  if (mode === 'any_significant' || (mode === 'all_significant' && !others)) {
    beginShutdown(core, { status: 'done' })
  }
}

/**
 * It stays down. A temporary child leaves nothing behind, nor does a dynamic one that never got
 * ready: whoever asked for it is told instead.
 */
export function retire(core: Core, slot: Slot): void {
  const { spec, starter } = slot
  slot.state = 'down'
  slot.starter = undefined
  if (spec.restart === 'temporary' || starter?.isFirst === true) core.slots.delete(spec.id)
  if (!starter) return
  const error =
    core.phase === 'stopping'
      ? new SupervisorError('shutdown', 'the supervisor is shutting down', { id: spec.id })
      : new SupervisorError('start_failed', `child "${spec.id}" failed to start`, {
          id: spec.id,
          cause: slot.lastError,
        })
  rejectCall(core, starter.call, error)
}
