/**
 * How a supervisor ends: all children stopped in reverse order of their start, then the outcome.
 */
import { isAlive, isAwaitingStart, type Core, type Outcome, type Slot } from './core.ts'
import { replacePlan, type Step } from './plan.ts'

/** The reason that children hear when nobody gave one. */
export const DEFAULT_REASON = 'shutdown'

/** Stop everything and end. Whoever comes second is ignored: the first outcome stands. */
export function beginShutdown(core: Core, outcome: Outcome, reason = DEFAULT_REASON): void {
  if (core.phase === 'stopping') return
  core.phase = 'stopping'
  core.outcome = outcome
  const slots = [...core.slots.values()]
  for (const slot of slots) {
    // A child that never ran stays idle: one can see that its turn did not come.
    if (isAwaitingStart(slot) && slot.incarnation > 0) slot.state = 'down'
  }
  replacePlan(core, stopSteps(core, slots.filter(isAlive), reason))
}

/** Stop these children: one by one, the last that was started first, or all at once. */
export function stopSteps(core: Core, slots: readonly Slot[], reason: string): Step[] {
  const reversed = slots.toReversed()
  if (core.options.shutdownMode === 'parallel') return [{ kind: 'stop', slots: reversed, reason }]

  return reversed.map((slot) => ({ kind: 'stop', slots: [slot], reason }))
}
