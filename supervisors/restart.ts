/**
 * Restarts: who starts again with a child that ended, when, and when restarting is given up.
 */
import { isAlive, type Core, type Slot } from './core.ts'
import { MaxIntensityError } from './errors.ts'
import { isCurrent, replacePlan, type Step } from './plan.ts'
import { schedule, spawn } from './run.ts'
import { beginShutdown, DEFAULT_REASON, stopSteps } from './shutdown.ts'

/** How a child came to need a restart. */
export interface Failure {
  readonly error: unknown
  /** It failed to start, whereas otherwise it ended after it was up. */
  readonly isFailedStart: boolean
}

/** Restart a child after its strategy, or give up when that happens too often. */
export function restart(core: Core, slot: Slot, failure: Failure): void {
  const { maxRestarts, maxSeconds, strategy } = core.options
  if (!core.intensity.allows()) {
    const { id } = slot.spec
    const options = { cause: failure.error }
    const error = new MaxIntensityError(id, maxRestarts, maxSeconds, options)
    slot.state = 'down'
    core.report({ kind: 'max_intensity', id, error })
    beginShutdown(core, { status: 'error', error })

    return
  }
  slot.attempt += 1
  const delayMs = delayOf(core, slot, failure)
  slot.state = delayMs > 0 ? 'backoff' : 'idle'
  if (strategy === 'one_for_one') restartOne(core, slot, delayMs)
  else restartGroup(core, slot, delayMs)
}

/** Without a plan: a sibling that takes long to start must not hold this child up. */
function restartOne(core: Core, slot: Slot, delayMs: number): void {
  if (delayMs > 0) schedule(core, `retry:${slot.spec.id}`, delayMs, { type: 'sup.retry', slot })
  else spawn(core, slot)
}

function delayOf(core: Core, slot: Slot, failure: Failure): number {
  // A start that fails in a microtask and is tried again at once would starve timers and I/O, and
  // with them the request to shut down.
  const leastMs = failure.isFailedStart ? 1 : 0
  const { backoff, id } = slot.spec
  if (!backoff) return leastMs
  try {
    const delayMs = backoff(slot.attempt)
    if (Number.isNaN(delayMs)) throw new TypeError('backoff returned NaN; it must be milliseconds')

    return Math.max(leastMs, delayMs)
  } catch (error) {
    core.report({ kind: 'start_error', id, error })

    return leastMs
  }
}

/**
 * Stop the children that are affected in reverse order, then start them in order. A plan that is
 * under way is taken up: what it had yet to start is affected too.
 */
function restartGroup(core: Core, crashed: Slot, delayMs: number): void {
  const slots = [...core.slots.values()]
  const first = core.options.strategy === 'one_for_all' ? 0 : slots.indexOf(crashed)
  const affected = slots.filter(
    (slot, index) => index >= first || isCurrent(core, slot) || core.plan.starts.has(slot),
  )
  const alive = affected.filter(isAlive)
  // A temporary child is stopped with the others and forgotten, but its first start still is due.
  const starting = affected.filter((slot) => slot.spec.restart !== 'temporary' || !isAlive(slot))
  for (const slot of starting) {
    if (slot.state === 'down') slot.state = 'idle'
  }
  const wait: Step[] = delayMs > 0 ? [{ kind: 'wait', delayMs }] : []
  const starts = starting.map((slot): Step => ({ kind: 'start', slot }))
  if (core.phase === 'running') core.phase = 'restarting'
  replacePlan(core, [...stopSteps(core, alive, DEFAULT_REASON), ...wait, ...starts])
}
