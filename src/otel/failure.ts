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
  if (typeof thrown === 'string') return { name: OTHER, message: thrown }
  if (!(thrown instanceof Error)) return { name: OTHER, message: `threw ${typeof thrown}` }

  return { name: errorType(thrown), message: thrown.message, stack: thrown.stack }
}

/** Mark a span as failed, by what was thrown. */
export function fail(span: Span, thrown: unknown): void {
  const { name, message, stack } = failureOf(thrown)
  const exception: Exception = { name, message, ...(stack !== undefined && { stack }) }
  span.recordException(exception)
  span.setAttribute(ERROR_TYPE, name)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
