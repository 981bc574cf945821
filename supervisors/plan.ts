/**
 * A plan: starts, stops and waits that are carried out one after the other. The initial start, the
 * shutdown and the restart of a group are plans; a child that restarts on its own needs none.
 */
import { isAlive, type Core, type Slot } from './core.ts'
import { cancel, schedule, spawn, stopAll } from './run.ts'

export type Step =
  | { readonly kind: 'start'; readonly slot: Slot }
  | { readonly kind: 'stop'; readonly slots: Slot[]; readonly reason: string }
  | { readonly kind: 'wait'; readonly delayMs: number }

export interface Plan {
  /** The step that is under way. */
  current: Step | undefined
  /** Steps to come, the next one last: taking one off must not cost the length of the plan. */
  steps: Step[]
}

/** Steps in the order in which they are to be carried out. */
export function makePlan(steps: readonly Step[]): Plan {
  return { current: undefined, steps: [...steps].toReversed() }
}

/** Replace the plan that is under way. */
export function replacePlan(core: Core, steps: readonly Step[]): void {
  cancel(core, 'wait')
  core.plan = makePlan(steps)
}

/** Whether the plan is going to start this child. */
export function isPlanned(core: Core, slot: Slot): boolean {
  return core.plan.steps.some((step) => isStartOf(slot, step))
}

/** Whether the plan is starting this child just now. */
export function isCurrent(core: Core, slot: Slot): boolean {
  return isStartOf(slot, core.plan.current)
}

/** Take the start of a child off the plan: somebody asked to stop it. */
export function dropStart(core: Core, slot: Slot): void {
  core.plan.steps = core.plan.steps.filter((step) => !isStartOf(slot, step))
}

function isStartOf(slot: Slot, step: Step | undefined): boolean {
  return step?.kind === 'start' && step.slot === slot
}

/** Carry out steps until one has to be waited for. Tells whether the plan is finished. */
export function advance(core: Core): boolean {
  const { plan } = core
  while (plan.current === undefined || isOver(plan.current)) {
    plan.current = plan.steps.pop()
    if (plan.current === undefined) return true
    issue(core, plan.current)
  }

  return false
}

function isOver(step: Step): boolean {
  if (step.kind === 'wait') return false
  if (step.kind === 'start') return step.slot.state !== 'starting'
  // Children that ended are taken off for good: looking at all of them again at each exit of a
  // parallel stop would be quadratic.
  for (let last = step.slots.at(-1); last; last = step.slots.at(-1)) {
    if (isAlive(last)) return false
    step.slots.pop()
  }

  return true
}

function issue(core: Core, step: Step): void {
  switch (step.kind) {
    case 'start':
      if (!isAlive(step.slot)) spawn(core, step.slot)
      break
    case 'stop':
      stopAll(core, step.slots, step.reason)
      break
    case 'wait':
      schedule(core, 'wait', step.delayMs, { type: 'sup.wait_over' })
      break
  }
}
