/**
 * One incarnation of a child: created, watched, stopped. The only place that deals with its actor.
 *
 * The watch is a subscription: it reports done, error and stop alike, whereas `xstate.done.actor.*`
 * and `xstate.error.actor.*` know no stop and no incarnation.
 */
import { createActor, type AnyActorRef, type Snapshot } from 'xstate'
import { clampDelay } from './clock.ts'
import { Run, type Core, type Slot, type StopTimer } from './core.ts'
import { StartError } from './errors.ts'
import type { OwnMessage } from './message.ts'
import { inputFor } from './spec.ts'

/** Schedule a message of the supervisor to itself. Cancelled with the supervisor. */
export function schedule(core: Core, id: string, delayMs: number, message: OwnMessage): void {
  const { self, system } = core.scope
  system.scheduler.schedule(self, self, message, clampDelay(delayMs), id)
}

export function cancel(core: Core, id: string): void {
  core.scope.system.scheduler.cancel(core.scope.self, id)
}

/**
 * Start the next incarnation. A throw in its input, a name that is taken or a throw in its start
 * is its failed start, reported like any other exit.
 */
export function spawn(core: Core, slot: Slot): void {
  slot.incarnation += 1
  slot.state = 'starting'
  const run = new Run(slot)
  slot.run = run

  try {
    run.ref = createRef(core, run)
    watch(core, run, run.ref)
  } catch (error) {
    core.scope.defer(() => notify(core, run, error))

    return
  }
  const { ref } = run
  core.scope.defer(() => startRef(core, run, ref))
}

function createRef(core: Core, run: Run): AnyActorRef {
  const { spec } = run.slot
  const options = { id: run.key, parent: core.scope.self, input: inputFor(spec) }

  return createActor(
    spec.logic,
    spec.name === undefined ? options : { ...options, systemId: spec.name },
  )
}

function notify(core: Core, run: Run, error: unknown): void {
  core.scope.self.send({ type: 'sup.exit', run, exit: { status: 'error', error } })
}

function watch(core: Core, run: Run, ref: AnyActorRef): void {
  const { self } = core.scope
  let isWaiting = true
  ref.subscribe({
    next(snapshot: Snapshot<unknown>) {
      if (!isWaiting || snapshot.status !== 'active') return
      try {
        if (!run.slot.spec.ready(snapshot)) return
      } catch (error) {
        run.killedFor = new StartError(run.slot.spec.id, 'could not be asked if ready', {
          cause: error,
        })
      }
      isWaiting = false
      self.send({ type: 'sup.ready', run })
    },
    complete() {
      const status = ref.getSnapshot().status === 'done' ? 'done' : 'stopped'
      self.send({ type: 'sup.exit', run, exit: { status } })
    },
    error: (error: unknown) => notify(core, run, error),
  })
}

function startRef(core: Core, run: Run, ref: AnyActorRef): void {
  const { startTimeout } = run.slot.spec
  if (startTimeout !== 'infinity') {
    schedule(core, `start:${run.key}`, startTimeout, { type: 'sup.start_timeout', run })
  }
  try {
    ref.start()
  } catch (error) {
    // Between creation and start another actor can take the name of a child that was done at once.
    notify(core, run, error)
  }
}

/** End a start that took too long, or whose readiness could not be told. */
export function abandonStart(core: Core, run: Run, reason: Error): void {
  run.killedFor = reason
  kill(core, run)
}

/** Stop by force, at once: the actor gets no message, but a process still disposes. */
export function kill(core: Core, run: Run): void {
  const { ref } = run
  if (ref) core.scope.stopChild(ref)
}

/**
 * Ask children to end, all at the same time. Those with the same patience share a timer: XState
 * looks through all timers whenever an actor ends, so one for each of 10,000 would be quadratic.
 */
export function stopAll(core: Core, slots: readonly Slot[], reason: string): void {
  const runs = slots.flatMap(({ run, state }) => (run && state !== 'stopping' ? [run] : []))
  for (const run of runs) {
    cancel(core, `start:${run.key}`)
    run.slot.state = 'stopping'
  }
  core.scope.defer(() => {
    const timers = new Map<number, StopTimer>()
    for (const run of runs) ask(core, run, reason, timers)
    for (const [delayMs, { id, runs: late }] of timers) {
      schedule(core, id, delayMs, { type: 'sup.stop_timeout', runs: late })
    }
  })
}

function ask(core: Core, run: Run, reason: string, timers: Map<number, StopTimer>): void {
  const { ref } = run
  const { shutdown } = run.slot.spec
  if (!ref) return
  if (shutdown === 'brutal') {
    kill(core, run)

    return
  }
  ref.send({ type: 'sup.shutdown', reason })
  if (shutdown === 'infinity') return
  const batch = timers.get(shutdown) ?? { id: `stop:${run.key}`, runs: new Set() }
  timers.set(shutdown, batch)
  batch.runs.add(run)
  run.stopTimer = batch
}

/** Forget the timers of an incarnation that ended. */
export function cancelTimers(core: Core, run: Run): void {
  cancel(core, `start:${run.key}`)
  const { stopTimer } = run
  stopTimer?.runs.delete(run)
  if (stopTimer?.runs.size === 0) cancel(core, stopTimer.id)
}

/**
 * Stop what a crashed child left running. A machine that throws in its own action is dead, but
 * XState leaves the actors it had spawned active, for ever.
 */
export function reap(core: Core, id: string, crashed: AnyActorRef): void {
  const { children } = crashed.getSnapshot()
  if (typeof children !== 'object' || children === null) return
  for (const orphan of Object.values<AnyActorRef>(children)) {
    reap(core, id, orphan)
    if (orphan.getSnapshot().status !== 'active') continue
    // stopChild refuses an actor that is not ours; the event is what it would have sent.
    orphan.send({ type: 'xstate.stop' })
    core.report({ kind: 'orphan_reaped', id })
  }
}
