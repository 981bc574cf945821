/** How spans tell of what went wrong. */
import { type Exception, type Span, SpanStatusCode } from '@opentelemetry/api'
import { ERROR_TYPE } from './attributes.ts'

/** The convention for errors that have no name. */
const OTHER = '_OTHER'

interface Failure {
  readonly name: string
  readonly message: string
  readonly stack?: string | undefined
}

/** The name of an error's class: of these there are few, unlike of messages. */
export function errorType(thrown: unknown): string {
  return thrown instanceof Error && typeof thrown.name === 'string' && thrown.name !== ''
    ? thrown.name
    : OTHER
}

function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { name: OTHER, message: `threw ${typeof thrown}` }

  return { name: errorType(thrown), message: thrown.message, stack: thrown.stack }
}

/** A stored error: name and message in its first line, the stack below. */
const STORED = /^([\w$.]+): ([^\n]*)/

/** The same of the text that a job keeps of an error, which is all that crosses a thread. */
export function storedErrorType(text: unknown): string {
  return typeof text === 'string' ? (STORED.exec(text)?.[1] ?? OTHER) : errorType(text)
}

function storedFailure(text: string): Failure {
  const [, name = OTHER, message = text] = STORED.exec(text) ?? []

  return { name, message, stack: text }
}

/** Mark a span as failed, by what was thrown or by the text that was stored of it. */
export function fail(span: Span, thrown: unknown): void {
  const { name, message, stack } =
    typeof thrown === 'string' ? storedFailure(thrown) : failureOf(thrown)
  const exception: Exception = { name, message, ...(stack !== undefined && { stack }) }
  span.recordException(exception)
  span.setAttribute(ERROR_TYPE, name)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
