/**
 * Reads options that may be anything: getters that throw, class instances, `__proto__` keys from
 * JSON. What is behind this copy can be checked without reading the caller's objects again.
 */
import type { Problem } from '../errors.ts'

type Path = readonly PropertyKey[]

/** How deep the schema goes; what lies deeper hangs on something that is wrong already. */
const DEPTH = 3

/** More entries than any list of modules has; a sparse array can claim 4 billion. */
const MOST_ENTRIES = 10_000

/** A path as one would write it: `queues["night shift"].limit`, `workers[0]`. */
export function writePath(path: Path): string {
  return path.reduce<string>((written, key) => {
    if (typeof key === 'number') return `${written}[${key}]`

    const name = String(key)
    if (!/^[A-Za-z_$][\w$]{0,63}$/.test(name)) return `${written}[${quote(name)}]`

    return written === '' ? name : `${written}.${name}`
  }, '')
}

/** A string in quotes, cut to a length that suits a message. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

/** What a value is, for `expected …, found …`. Never the text of a URL: it may hold a password. */
export function found(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing'
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'string':
      return value === '' ? 'an empty string' : value.includes('://') ? 'a URL' : quote(value)
    case 'object':
      if (value === null) return 'null'
      return attempt(() => foundObject(value), 'an object that cannot be read')
    case 'function':
    case 'symbol':
    default:
      return `a ${typeof value}`
  }
}

function foundObject(value: object): string {
  if (Array.isArray(value)) return 'an array'
  if (isPlain(value)) return 'an object'

  const type: unknown = Reflect.get(value, 'constructor')

  return typeof type === 'function' && type.name !== ''
    ? `an instance of ${type.name.slice(0, 40)}`
    : 'an instance of a class'
}

/** Reading a caller's object runs the caller's code; what it throws counts as `otherwise`. */
export function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** Object literals of any realm, JSON and module namespaces; not class instances. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)

  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Objects of the caller that are used as they are; class instances are too, wherever they stand. */
function isOpaque(path: Path): boolean {
  if (path[0] === 'workers') return path.length === 2
  // What an entry holds is read and copied by who knows workers and arguments.
  if (path[0] === 'cron' && path.length === 4) return true

  return ['logger', 'database.pool'].includes(writePath(path))
}

/**
 * Copy options into objects without a prototype, so that no inherited key can pass for an option.
 *
 * @param problems - receives what cannot be read; the copy lacks it
 */
export function copyOptions(options: unknown, problems: Problem[]): unknown {
  const refuse = (path: Path, message: string) => {
    problems.push({ path: writePath(path), message })
  }

  const copy = (value: unknown, path: Path): unknown => {
    if (typeof value !== 'object' || value === null || isOpaque(path)) return value
    if (path.length > DEPTH) return undefined
    if (Array.isArray(value)) return copyArray(value, path)

    return isPlain(value) ? copyObject(value, path) : value
  }

  const copyArray = (value: readonly unknown[], path: Path): unknown => {
    const { length } = value
    if (length > MOST_ENTRIES) return refuse(path, `has ${length} entries, more than can be meant`)

    return Array.from({ length }, (_, index) => read(value, index, path))
  }

  const copyObject = (value: object, path: Path): unknown => {
    const entries: Record<string, unknown> = Object.create(null)

    for (const key of Object.keys(value)) {
      if (key === '__proto__') refuse([...path, key], 'is not a name that can be used')
      else entries[key] = read(value, key, path)
    }

    return entries
  }

  const read = (from: object, key: string | number, path: Path): unknown => {
    const here = [...path, key]

    try {
      return copy(Reflect.get(from, key), here)
    } catch {
      return refuse(here, 'cannot be read: its getter throws')
    }
  }

  try {
    return copy(options, [])
  } catch {
    return refuse([], 'the options cannot be read: a proxy among them throws')
  }
}
