/**
 * The supervision tree as plain JSON, for operators.
 *
 * Actors hold refs, credentials and arguments of jobs, so a child shows only what it chose to:
 * `context.public` of a machine, `state.public` of a process. The state of a process that has no
 * `public` is shown when it is plain JSON.
 */
import { inspect } from 'node:util'
import type { Snapshot } from 'xstate'
import type { Slot, SupervisorSnapshot } from './core.ts'
import type { ChildDescription, Json, TreeDescription } from './description.ts'

/** Characters of an error that are shown. */
const LONGEST_TEXT = 2_000

/** Describe a supervisor and everything below it. Plain JSON, a copy. */
export function describe(snapshot: SupervisorSnapshot): TreeDescription {
  const { core, phase, status } = snapshot
  const { strategy, maxRestarts, maxSeconds } = core.options
  const recentRestarts = core.intensity.spent
  const children = Array.from(core.slots.values(), describeChild)

  return { status, phase, strategy, maxRestarts, maxSeconds, recentRestarts, children }
}

function describeChild(slot: Slot): ChildDescription {
  const { spec, state, incarnation, lastError, run } = slot
  const { id, name, restart } = spec

  return {
    id,
    ...(name !== undefined && { name }),
    restart,
    state,
    restarts: Math.max(0, incarnation - 1),
    ...(lastError !== undefined && { lastError: textOf(lastError) }),
    ...(run?.ref && describeSnapshot(run.ref.getSnapshot())),
  }
}

type Shown = Pick<ChildDescription, 'context' | 'tree' | 'value'>

/** What an actor shows of itself. */
export function describeSnapshot(snapshot: Snapshot<unknown>): Shown {
  if (isSupervisor(snapshot)) return { tree: describe(snapshot) }
  const value = toJson(valueOf(snapshot)) ?? snapshot.status
  const context = contextOf(snapshot)

  return context === undefined ? { value } : { value, context }
}

export function isSupervisor(snapshot: Snapshot<unknown>): snapshot is SupervisorSnapshot {
  return 'core' in snapshot && 'phase' in snapshot
}

function valueOf(snapshot: Snapshot<unknown>): unknown {
  if ('phase' in snapshot) return snapshot.phase

  return 'value' in snapshot ? snapshot.value : snapshot.status
}

function contextOf(snapshot: Snapshot<unknown>): Json | undefined {
  if ('state' in snapshot) {
    const { state } = snapshot
    if (isObject(state) && 'public' in state) return toJson(state.public)

    return isPlain(state) ? toJson(state) : undefined
  }
  const context = 'context' in snapshot ? snapshot.context : undefined

  return isObject(context) && 'public' in context ? toJson(context.public) : undefined
}

/** Of anything that can be thrown. A description is to be sent and shown, whatever errors hold. */
export function textOf(error: unknown): string {
  return (error instanceof Error ? String(error) : inspect(error)).slice(0, LONGEST_TEXT)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Whether JSON would keep the value as it is: no class, no function, no undefined. */
function isPlain(value: unknown, parents: readonly unknown[] = []): boolean {
  if (!isObject(value)) {
    return value === null || isText(value) || typeof value === 'boolean' || Number.isFinite(value)
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  const isRecord = prototype === Object.prototype || prototype === null || Array.isArray(value)
  const inside = [...parents, value]

  return (
    isRecord &&
    Object.values(value).every((part) => !inside.includes(part) && isPlain(part, inside))
  )
}

function toJson(value: unknown): Json | undefined {
  if (value === undefined) return undefined
  try {
    const copy: Json | undefined = JSON.parse(JSON.stringify(value))

    return copy
  } catch (error) {
    // Cycles and big integers cannot be written; the description of the others must not fail.
    return `not JSON: ${String(error)}`
  }
}
