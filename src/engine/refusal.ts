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

/** Classes of SQLSTATE with which PostgreSQL repeats values: a row that breaks a constraint, bad JSON. */
const REPEATS_VALUES = /^2[23]/

/**
 * Take from an error of any driver what it repeats of rows, and so arguments of jobs: they must not get
 * into the logs of whoever logs the error. The message and the names of constraints stay.
 */
export function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (!REPEATS_VALUES.test(String(error.code))) return error
  for (const key of ['detail', 'where']) Reflect.deleteProperty(error, key)

  return error
}

/** Whether PostgreSQL ended the statement as it took too long, for a lock or by itself. */
export function isTimeout(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && (error.code === '57014' || error.code === '55P03')
}

/** Whether the role lacks a right. */
export function isDenied(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === '42501'
}

/** Whether the answer took too long, whoever gave up first: PostgreSQL, or the driver that waited. */
export function isOverdue(error: unknown): error is Error {
  return isTimeout(error) || (error instanceof Error && error.message === 'Query read timeout')
}
