/** JSON values, and the copy of a value that PostgreSQL can store as jsonb. */
import type { Problem } from '../errors.ts'

export type JsonValue = JsonObject | boolean | number | readonly JsonValue[] | string | null

/** A member that is `undefined` is left out when the object is stored. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

export type JsonCopy = { readonly value: JsonValue } | { readonly problem: Problem }

/** PostgreSQL's own jsonb parser gives up somewhat later, with an error that names no path. */
const maxDepth = 1_000

/**
 * Objects that share their members write them once for each: a few lines of code make more text than
 * any memory holds, and a sparse array claims to have four billion. Two million take a second.
 */
const maxMembers = 2_000_000

/** What jsonb holds at most, in bytes. PostgreSQL says so too, but not of which value. */
const maxBytes = 2 ** 28 - 1

/** Members are tried again on each level to name the one that throws; deeper ones are not looked for. */
const namedLevels = 8

/** One step further down: `a.b`, `a[0]`, and `a["odd key"]`. */
export function pathTo(parent: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${parent}[${key}]`

  const name = String(key)
  if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name)) return `${parent}[${JSON.stringify(name)}]`

  return parent === '' ? name : `${parent}.${name}`
}

export function hasLoneSurrogate(text: string): boolean {
  return !text.isWellFormed()
}

/** Why a string cannot be stored as text or jsonb, or `undefined` when it can. */
export function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'contains the character U+0000, which PostgreSQL cannot store'
  if (hasLoneSurrogate(text)) return 'contains half of a surrogate pair, which is not valid text'

  return undefined
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object that is being written, and where it stands in the one that holds it. */
interface Step {
  readonly value: object
  readonly key: number | string
}

/** What `JSON.stringify` meets on its way down, so that a refusal can name its path. */
class Walk {
  problem: Problem | undefined
  readonly #root: string
  readonly #open: Step[] = []
  #members = 0

  constructor(root: string) {
    this.#root = root
  }

  /** `holder` is the object that is being written, `key` its member. */
  enter(holder: unknown, key: string, value: unknown): void {
    while (this.#open.length > 0 && this.#open.at(-1)?.value !== holder) this.#open.pop()

    const place = Array.isArray(holder) ? Number(key) : key
    this.problem ??= this.#judge(place, value)
    this.#members += 1

    // JSON.stringify has no other way to stop early.
    if (this.problem) throw new Error(this.problem.message)
    if (typeof value === 'object' && value !== null) this.#open.push({ value, key: place })
  }

  #judge(place: number | string, value: unknown): Problem | undefined {
    if (this.#members >= maxMembers) {
      const message = `has more than ${maxMembers} members; store them elsewhere and pass their place`

      return { path: this.#root, message }
    }
    const inKey = typeof place === 'string' ? textProblem(place) : undefined
    const message = inKey === undefined ? this.#valueProblem(value) : `the key ${inKey}`
    if (message !== undefined) return { path: this.#pathOf(place), message }

    return typeof value === 'object' && value !== null && this.#open.length >= maxDepth
      ? { path: this.#root, message: `is nested deeper than ${maxDepth} levels` }
      : undefined
  }

  #valueProblem(value: unknown): string | undefined {
    if (typeof value === 'bigint') return 'is a BigInt, which JSON has not; convert it to a string'
    if (typeof value === 'string') return textProblem(value)
    if (typeof value !== 'object' || value === null) return undefined

    return this.#open.some((ancestor) => ancestor.value === value)
      ? 'refers back to an object that contains it'
      : undefined
  }

  /** Put together for a refusal only: most values have none. */
  #pathOf(place: number | string): string {
    // The first key of all is that of a holder that JSON.stringify makes for the whole.
    const [, ...keys] = [...this.#open.map(({ key }) => key), place]

    return keys.reduce<string>(pathTo, this.#root)
  }
}

/** `undefined` for a value without a JSON form, which the library's own type leaves out. */
function stringify(value: unknown, walk: Walk): string | undefined {
  return JSON.stringify(value, function visit(key, member: unknown) {
    walk.enter(this, key, member)

    return member
  })
}

/** Of a copy that is made member by member; larger objects go by way of their text. */
const MOST_MEMBERS = 100
const LONGEST_TEXT = 100_000

/**
 * The copy of an object whose members hold nothing themselves, as most arguments are: several times as fast
 * as by way of its text, on which a function is called for each member.
 *
 * @returns undefined for what is not flat, and for what JSON or PostgreSQL cannot hold
 * @throws whatever a getter throws
 */
function copyFlat(value: unknown): JsonObject | undefined {
  if (!isPlain(value)) return undefined
  const keys = Object.keys(value)
  if (keys.length > MOST_MEMBERS) return undefined
  const copy: Record<string, JsonValue> = {}
  for (const key of keys) {
    // An assignment to the name `__proto__` sets what the copy inherits from.
    if (key === '__proto__' || textProblem(key) !== undefined) return undefined
    const member: unknown = value[key]
    if (member === undefined) continue
    if (!isLeaf(member)) return undefined
    copy[key] = typeof member === 'number' ? numberOf(member) : member
  }

  return copy
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return false
  const prototype: unknown = Object.getPrototypeOf(value)

  return prototype === Object.prototype || prototype === null
}

function isLeaf(member: unknown): member is boolean | number | string | null {
  if (typeof member === 'string') {
    return member.length <= LONGEST_TEXT && textProblem(member) === undefined
  }

  return typeof member === 'number' || typeof member === 'boolean' || member === null
}

/** JSON has no infinity and no number that is none, and writes the negative zero as zero. */
function numberOf(member: number): number | null {
  return Number.isFinite(member) ? member + 0 : null
}

/**
 * The value as it will be read back from the database: `JSON.parse(JSON.stringify(value))`.
 *
 * What JSON or PostgreSQL cannot hold (a cycle, a BigInt, U+0000, half a surrogate pair) comes back
 * as a problem with its path below `root`. Members without a JSON form are dropped, as JSON does.
 */
export function copyAsJson(value: unknown, root = ''): JsonCopy {
  const walk = new Walk(root)

  try {
    const flat = copyFlat(value)
    if (flat) return { value: flat }
    const text = stringify(value, walk)
    if (text === undefined) {
      return { problem: { path: root, message: `is ${kindOf(value)}, which JSON has not` } }
    }
    // A character has three bytes at most.
    if (text.length > maxBytes / 3 && Buffer.byteLength(text) > maxBytes) {
      return { problem: { path: root, message: `has more than ${maxBytes} bytes as JSON` } }
    }

    const json: JsonValue = JSON.parse(text)

    return { value: json }
  } catch (error) {
    return { problem: refusal({ value, walk, path: root, error }, namedLevels) }
  }
}

/** Only a toJSON makes nothing of an object. */
function kindOf(value: unknown): string {
  return typeof value === 'object' ? 'an object whose toJSON() gives nothing' : typeof value
}

interface Refused {
  readonly value: unknown
  readonly walk: Walk
  readonly path: string
  readonly error: unknown
}

/** Ours, or of a getter or a toJSON of the caller, the message of whose error may hold the value. */
function refusal({ value, walk, path, error }: Refused, levels: number): Problem {
  const name = error instanceof Error ? error.name : typeof error

  return (
    walk.problem ??
    memberRefusal(value, path, levels) ?? { path, message: `cannot become JSON (${name})` }
  )
}

/** Where a getter or a toJSON throws is not seen on the way down: each member is tried by itself. */
function memberRefusal(value: unknown, root: string, levels: number): Problem | undefined {
  if (levels === 0 || typeof value !== 'object' || value === null) return undefined
  try {
    // What is written is what that gives.
    if ('toJSON' in value) return undefined
    for (const key of Object.keys(value)) {
      const path = pathTo(root, Array.isArray(value) ? Number(key) : key)
      const walk = new Walk(path)
      let member: unknown
      try {
        member = Reflect.get(value, key)
        stringify(member, walk)
      } catch (error) {
        return refusal({ value: member, walk, path, error }, levels - 1)
      }
    }
  } catch {
    // A proxy that does not even tell its keys.
    return undefined
  }

  return undefined
}
