/**
 * Checks of what users write, at the border: beyond it, specifications are trusted.
 *
 * Types catch most of this, but specifications are also built from configuration at run time.
 */
import { SupervisorError } from './errors.ts'
import type { SupervisorInput } from './options.ts'
import type { ChildSpec } from './spec.ts'

interface Rule {
  readonly field: string
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isFunction = (value: unknown) => typeof value === 'function'
const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0
const isPositive = (value: unknown) => Number.isFinite(value) && Number(value) > 0
const isMilliseconds = (value: unknown) => Number.isFinite(value) && Number(value) >= 0

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isLogic(value: unknown): boolean {
  return isObject(value) && 'transition' in value
}

function oneOf(field: string, words: readonly string[]): Rule {
  return {
    field,
    expected: `one of ${words.join(', ')}`,
    holds: (value) => words.some((word) => word === value),
  }
}

const optionRules: readonly Rule[] = [
  oneOf('strategy', ['one_for_one', 'one_for_all', 'rest_for_one']),
  { field: 'maxRestarts', expected: 'a whole number from 0 on', holds: isCount },
  { field: 'maxSeconds', expected: 'seconds, more than 0', holds: isPositive },
  { field: 'maxChildren', expected: 'a whole number from 0 on', holds: isCount },
  oneOf('autoShutdown', ['never', 'any_significant', 'all_significant']),
  oneOf('shutdownMode', ['sequential', 'parallel']),
  { field: 'now', expected: 'a function', holds: isFunction },
  { field: 'onReport', expected: 'a function', holds: isFunction },
  { field: 'children', expected: 'an array', holds: Array.isArray },
]

const specRules: readonly Rule[] = [
  { field: 'name', expected: 'a text that is not empty', holds: isText },
  oneOf('restart', ['permanent', 'transient', 'temporary']),
  {
    field: 'shutdown',
    expected: "milliseconds from 0 on, 'brutal' or 'infinity'",
    holds: (value) => value === 'brutal' || value === 'infinity' || isMilliseconds(value),
  },
  oneOf('type', ['worker', 'supervisor']),
  { field: 'significant', expected: 'a boolean', holds: (value) => typeof value === 'boolean' },
  { field: 'ready', expected: 'a function', holds: isFunction },
  {
    field: 'startTimeout',
    expected: "milliseconds, more than 0, or 'infinity'",
    holds: (value) => value === 'infinity' || isPositive(value),
  },
  { field: 'backoff', expected: 'a function', holds: isFunction },
]

const mandatoryRules: readonly Rule[] = [
  { field: 'id', expected: 'a text that is not empty', holds: isText },
  { field: 'logic', expected: 'an actor logic', holds: isLogic },
]

function invalid(owner: string, field: string, problem: string, id?: string): never {
  const options = id === undefined ? { field } : { field, id }
  throw new SupervisorError('invalid_spec', `invalid ${owner}: ${field} ${problem}`, options)
}

function apply(rules: readonly Rule[], owner: string, target: object, optional: boolean): void {
  const values = new Map<string, unknown>(Object.entries(target))
  for (const { field, expected, holds } of rules) {
    const value = values.get(field)
    if (optional && value === undefined) continue
    if (!holds(value)) invalid(owner, field, `must be ${expected}, got ${String(value)}`)
  }
}

/**
 * Check one child.
 *
 * @throws {SupervisorError} `invalid_spec`, with the field named
 */
export function validateSpec(spec: ChildSpec, input: SupervisorInput): void {
  if (!isObject(spec)) {
    invalid('supervisor', 'children', `must hold what child() returns, got ${String(spec)}`)
  }
  const owner = `child "${spec.id}"`
  apply(mandatoryRules, owner, spec, false)
  apply(specRules, owner, spec, true)
  if (!spec.significant) return
  if ((spec.restart ?? 'permanent') === 'permanent') {
    invalid(owner, 'significant', 'is not possible for a permanent child: it never ends', spec.id)
  }
  if ((input.autoShutdown ?? 'never') === 'never') {
    invalid(owner, 'significant', "needs autoShutdown other than 'never'", spec.id)
  }
}

/**
 * Check a supervisor and its children, before any of them starts.
 *
 * @throws {SupervisorError} `invalid_spec`, with the field named
 */
export function validateInput(input: SupervisorInput): void {
  if (!isObject(input)) invalid('supervisor', 'input', `must be an object, got ${String(input)}`)
  apply(optionRules, 'supervisor', input, true)
  const ids = new Set<string>()
  for (const spec of input.children ?? []) {
    validateSpec(spec, input)
    if (ids.has(spec.id)) invalid(`child "${spec.id}"`, 'id', 'is used twice', spec.id)
    ids.add(spec.id)
  }
}
