/** Asking a supervisor that may end meanwhile. */
import { SupervisorError } from '../../supervisors/index.ts'

/**
 * Wait for an answer; a supervisor that ends, or a child that has gone, leaves nothing to ask for.
 *
 * @throws {SupervisorError} when a start fails
 */
export async function unlessGone(asked: Promise<unknown>): Promise<void> {
  try {
    await asked
  } catch (error) {
    const isGone =
      error instanceof SupervisorError && (error.code === 'shutdown' || error.code === 'not_found')
    if (!isGone) throw error
  }
}
