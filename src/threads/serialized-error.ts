/** Thrown values of any kind as plain data, and as the text that a job's `errors` keeps. */
import type { SerializedError } from './protocol.ts'

/** Longest text of one error entry, in characters. */
const MAX_TEXT = 20_000

/** Most of a stack that is looked through: it begins with the message, which may be as long as any. */
const MAX_STACK = 4 * MAX_TEXT

/** Longest chain of causes that is followed; a cycle ends there too. */
const MAX_CAUSES = 5

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
    message: `threw ${typeof thrown}: ${text(thrown).slice(0, MAX_TEXT)}`,
    stack: '',
  }
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
  }
}

/** An `Error` again, with its name, code, stack and cause. */
export function reviveError(data: SerializedError): Error {
  const error = new Error(data.message, data.cause && { cause: reviveError(data.cause) })
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
  if (data.cause) lines.push(`caused by ${errorText(data.cause)}`)

  return storable(lines.join('\n'))
}
