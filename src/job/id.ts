/** Ids of jobs: bigint in the database; those beyond what a number can hold do not occur. */
import { InvalidIdError } from '../errors.ts'

/**
 * Check what a caller gave for the id of a job.
 *
 * @throws {InvalidIdError} when it is not a whole number from 1
 */
export function checkedId(id: number): number {
  if (!Number.isSafeInteger(id) || id < 1) throw new InvalidIdError(id)

  return id
}
