import { DatabaseError } from 'pg'

/** Whether the database went away, or ended what was asked for: another fault was faster. */
export function isLoss(error: unknown): boolean {
  // 25006: it takes no writes; 25P03, 25P04: a transaction was ended that took too long; 40: it gave way to
  // others; 53: no place is left; 55P03: a lock was not to be had; 57: the server stops, has crashed, or is
  // starting, or ended what took too long.
  if (error instanceof DatabaseError) {
    return /^(?:25006|25P03|25P04|40|53|55P03|57)/.test(error.code ?? '')
  }

  return (
    error instanceof Error &&
    /ECONNREFUSED|ECONNRESET|EPIPE|terminated|not queryable|timeout|no answer|was lost/.test(
      error.message,
    )
  )
}
