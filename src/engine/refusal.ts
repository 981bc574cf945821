/** Tells what PostgreSQL says of a statement from what keeps the statement from it. */
import { DatabaseError } from 'pg'
import { sqlStateOf } from '../sql-state.ts'

/** Classes of SQLSTATE that blame the server or the connection, not the statement. */
const OUTAGE = /^(?:08|25006|53|57P)/

/** Also from another copy of the driver: a pool may be the user's. No error of Node.js has a severity. */
function isFromServer(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError || (error instanceof Error && 'severity' in error)
}

/**
 * Whether PostgreSQL refused the statement. Any other error is an outage: the database is away, and the
 * same statement may succeed later.
 */
export function isRefusal(error: unknown): error is DatabaseError {
  return isFromServer(error) && !OUTAGE.test(error.code ?? '')
}

/** What was prepared gives other columns since the tables were changed, is unknown, or is there already. */
const STALE = new Set(['0A000', '26000', '42P05'])

/**
 * Whether what a connection has prepared is of no use there any more: the tables were changed or made anew,
 * or another server answers. The same statement succeeds where nothing is prepared; this one did nothing.
 */
export function isStale(error: unknown): boolean {
  return STALE.has(sqlStateOf(error) ?? '')
}

/** Classes of SQLSTATE with which PostgreSQL repeats values: a row that breaks a constraint, bad JSON. */
const REPEATS_VALUES = /^2[23]/

/** Where PostgreSQL repeats them. */
const REPEATED = ['detail', 'where'] as const

/** Where libraries keep the error of a driver: Prisma three levels deep. */
const WRAPPED = ['cause', 'driverAdapterError', 'meta'] as const
const DEEPEST = 4

/**
 * Take from an error of any driver, or of a library around one, what it repeats of rows, and so arguments
 * of jobs: they must not get into the logs of whoever logs the error. The message and the names of
 * constraints stay.
 */
export function withoutValues(error: unknown): unknown {
  if (REPEATS_VALUES.test(sqlStateOf(error) ?? '')) strip(error, DEEPEST)

  return error
}

function strip(from: unknown, levels: number): void {
  if (typeof from !== 'object' || from === null || levels === 0) return
  for (const key of REPEATED) Reflect.deleteProperty(from, key)
  for (const key of WRAPPED) strip(Reflect.get(from, key), levels - 1)
}

/** Whether PostgreSQL ended the statement as it took too long, for a lock or by itself. */
export function isTimeout(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && (error.code === '57014' || error.code === '55P03')
}

/** Whether the role lacks a right. */
export function isDenied(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === '42501'
}

/** The server has been silent for too long: nobody knows what has become of the statement. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'

  constructor(timeoutMs: number) {
    super(`PostgreSQL gave no answer within ${timeoutMs} ms; the connection is given up`)
  }
}

/** What `pg` says of a client with a `query_timeout`. */
const DRIVER_GAVE_UP = 'Query read timeout'

/** Whether the answer took too long, whoever gave up first: PostgreSQL, or who waited for it. */
export function isOverdue(error: unknown): error is Error {
  if (isTimeout(error) || error instanceof NoAnswerError) return true

  return error instanceof Error && error.message === DRIVER_GAVE_UP
}
