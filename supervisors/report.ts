/**
 * What a supervisor tells about its children, for a log or telemetry.
 *
 * A process that fails to clean up reports through its supervisor too, by way of `reporterOf`: by
 * then it may have ended, and a message would find nobody.
 */
import type { AnyActorRef } from 'xstate'

export type ReportKind =
  | 'child_terminated'
  | 'max_intensity'
  | 'orphan_reaped'
  | 'shutdown_timeout'
  | 'start_error'

export interface Report {
  readonly kind: ReportKind
  /** Id of the child. */
  readonly id: string
  readonly error?: unknown
}

export type ReportHandler = (report: Report) => void

const reporters = new WeakMap<AnyActorRef, ReportHandler>()

/**
 * Register what a supervisor does with reports. A handler that throws is written to the system's
 * logger: a broken log must not take the supervisor down with it.
 */
export function registerReporter(
  supervisor: AnyActorRef,
  onReport: ReportHandler,
  logger: (...args: unknown[]) => void,
): ReportHandler {
  const report: ReportHandler = (entry) => {
    try {
      onReport(entry)
    } catch (error) {
      logger(`onReport threw on ${entry.kind} of child "${entry.id}"`, error)
    }
  }
  reporters.set(supervisor, report)

  return report
}

/** How to report for a child of this parent; undefined when the parent is not a supervisor. */
export function reporterOf(parent: AnyActorRef | undefined): ReportHandler | undefined {
  return parent && reporters.get(parent)
}
