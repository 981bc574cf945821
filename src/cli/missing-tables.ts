/** Tells a database without our tables from other mistakes. */
import { sqlStateOf } from '../sql-state.ts'

/** A relation, a schema or a type that is not there. */
const MISSING = /^(?:42P01|3F000|42704)$/

/** Whether the tables, or the schema with them, are missing: the message of PostgreSQL does not say what to do. */
export function isMissing(error: unknown): boolean {
  return MISSING.test(sqlStateOf(error) ?? '')
}
