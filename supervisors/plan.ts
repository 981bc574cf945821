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
  readonly steps: Step[]
  /** Children that it is going to start. Taking one out calls its start off. */
  readonly starts: Set<Slot>
}

/** Steps in the order in which they are to be carried out. */
export function makePlan(steps: readonly Step[]): Plan {
  const starts = steps.flatMap((step) => (step.kind === 'start' ? [step.slot] : []))

  return { current: undefined, steps: steps.toReversed(), starts: new Set(starts) }
}

/** Replace the plan that is under way. */
export function replacePlan(core: Core, steps: readonly Step[]): void {
  cancel(core, 'wait')
  core.plan = makePlan(steps)
}

/** Whether the plan is starting this child just now. */
export function isCurrent(core: Core, slot: Slot): boolean {
  const { current } = core.plan

  return current?.kind === 'start' && current.slot === slot
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
      if (core.plan.starts.delete(step.slot)) spawn(core, step.slot)
      break
    case 'stop':
      stopAll(core, step.slots, step.reason)
      break
    case 'wait':
      schedule(core, 'wait', step.delayMs, { type: 'sup.wait_over' })
      break
  }
}
