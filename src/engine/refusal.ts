/** Tells what PostgreSQL says of a statement from what keeps the statement from it. */
import { DatabaseError } from 'pg'

/** Classes of SQLSTATE that blame the server or the connection, not the statement. */
const OUTAGE = /^(?:08|25006|53|57P)/

/**
 * Whether PostgreSQL refused the statement. Any other error is an outage: the database is away, and the
 * same statement may succeed later.
 */
export function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && !OUTAGE.test(error.code ?? '')
}

/** Whether PostgreSQL ended the statement as it took too long, for a lock or by itself. */
export function isTimeout(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && (error.code === '57014' || error.code === '55P03')
}

/** Whether the answer took too long, whoever gave up first: PostgreSQL, or the driver that waited. */
export function isOverdue(error: unknown): error is Error {
  return isTimeout(error) || (error instanceof Error && error.message === 'Query read timeout')
}

/** SQLSTATE of what a database threw, or a library in between. */
export function sqlStateOf(error: unknown): string | undefined {
  // Prisma has a code of its own, and keeps this one in `meta`; others wrap the error as their cause.
  const { code, meta, cause }: { code?: unknown; meta?: unknown; cause?: unknown } = Object(error)
  const { code: inner }: { code?: unknown } = Object(meta)
  const state = [inner, code].find(
    (value): value is string => typeof value === 'string' && /^[0-9A-Z]{5}$/.test(value),
  )

  return state ?? (cause === undefined ? undefined : sqlStateOf(cause))
}
