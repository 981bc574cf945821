/** Keeps what the SDK and its extensions throw away from jobs: exporters, samplers and propagators are others' code. */
import { type Context, context, diag } from '@opentelemetry/api'

let isWarned = false

/** The diagnostics of OpenTelemetry tell each, if somebody listens; a warning of the process the first. */
export function report(error: unknown): void {
  diag.error('oban-ts: following a job failed', error)
  if (isWarned) return
  isWarned = true
  const message = `OpenTelemetry threw while it followed a job, which goes on: ${String(error)}`
  process.emitWarning(message, { type: 'ObanWarning', code: 'OBAN_OTEL_FAILED' })
}

/** What the code gives, or undefined when it throws. */
export function harmless<Result>(code: () => Result): Result | undefined {
  try {
    return code()
  } catch (error) {
    report(error)

    return undefined
  }
}

/** Call code in a context, or without it where that cannot be made active. */
export function runIn<Result>(active: Context, code: () => Result): Result {
  const state = { isCalled: false }
  try {
    return context.with(active, () => {
      state.isCalled = true

      return code()
    })
  } catch (error) {
    // What the code itself throws is its caller's.
    if (state.isCalled) throw error
    report(error)

    return code()
  }
}
