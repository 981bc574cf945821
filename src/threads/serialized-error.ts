/** Thrown values of any kind as plain data, and as the text that a job's `errors` keeps. */
import { shown } from '../shown.ts'
import type { SerializedError } from './protocol.ts'

/** Longest text of one error entry, in characters. */
const MAX_TEXT = 20_000

/** Most of a stack that is looked through: it begins with the message, which may be as long as any. */
const MAX_STACK = 4 * MAX_TEXT

/** Longest chain of causes that is followed; a cycle ends there too. */
const MAX_CAUSES = 5

/** Most errors of an `AggregateError` that are told, and how deep they may stand: each may be one again. */
const MAX_ERRORS = 5
const MAX_ERRORS_DEPTH = 1

/** Any value as text. An object may have no `toString`, or one that throws. */
function text(value: unknown): string {
  try {
    return String(value)
  } catch {
    // What it is must do: nobody can say what it says.
    return `[${typeof value}]`
  }
}

/** Anything can be thrown, also an object whose getters throw, or a proxy that has been revoked. */
export function serializeError(thrown: unknown, depth = 0): SerializedError {
  try {
    return thrown instanceof Error ? serialize(thrown, depth) : nonError(thrown)
  } catch {
    // Reading it failed. The job has failed all the same, and has to be told so.
    return { name: 'NonError', message: `threw an unreadable ${typeof thrown}`, stack: '' }
  }
}

function nonError(thrown: unknown): SerializedError {
  return {
    name: 'NonError',
    message: `threw ${typeof thrown}: ${said(thrown).slice(0, MAX_TEXT)}`,
    stack: '',
  }
}

/** An object that says nothing of itself, as `{ status: 402 }`, by its members. */
function said(thrown: unknown): string {
  const own = text(thrown)

  return own === '[object Object]' ? shown(thrown) : own
}

function serialize(thrown: Error, depth: number): SerializedError {
  const code: unknown = Reflect.get(thrown, 'code')
  const { cause } = thrown

  return {
    name: text(thrown.name),
    // Cut here: to split fifty megabytes into lines would fill the heap of the thread.
    message: text(thrown.message).slice(0, MAX_TEXT),
    stack: text(thrown.stack ?? '').slice(0, MAX_STACK),
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause === undefined || depth >= MAX_CAUSES
      ? {}
      : { cause: serializeError(cause, depth + 1) }),
    ...(thrown instanceof AggregateError && depth <= MAX_ERRORS_DEPTH
      ? { errors: innerErrors(thrown, depth) }
      : {}),
  }
}

function innerErrors({ errors }: AggregateError, depth: number): SerializedError[] {
  return Array.isArray(errors)
    ? errors.slice(0, MAX_ERRORS).map((error) => serializeError(error, depth + 1))
    : []
}

/** An `Error` again, with its name, code, stack, cause and errors. */
export function reviveError(data: SerializedError): Error {
  const options = data.cause && { cause: reviveError(data.cause) }
  const error = data.errors
    ? new AggregateError(data.errors.map(reviveError), data.message, options)
    : new Error(data.message, options)
  error.name = data.name
  error.stack = data.stack

  return data.code === undefined ? error : Object.assign(error, { code: data.code })
}

/** A text that PostgreSQL stores: no U+0000, no half of a surrogate pair, no more than is read. */
export function storable(value: string): string {
  return value.replaceAll('\0', '\uFFFD').slice(0, MAX_TEXT).toWellFormed()
}

/**
 * The text of an error entry: the message on the first line, stack frames on the following ones,
 * as Oban Web splits it.
 */
export function errorText(data: SerializedError): string {
  const [first = '', ...rest] = data.message.split('\n')
  const frames = data.stack.split('\n').filter((line) => /^\s+at /.test(line))
  const lines = [`${data.name}: ${first}`, ...rest, ...frames]
  for (const inner of [...(data.errors ?? []), ...(data.cause ? [data.cause] : [])]) {
    lines.push(`caused by ${errorText(inner)}`)
  }

  return storable(lines.join('\n'))
}
