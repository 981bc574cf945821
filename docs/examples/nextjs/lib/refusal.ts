/** What callers are told of errors that are theirs; the others are the server's. */
import { InvalidArgsError, InvalidIdError } from 'oban-ts'

export interface Refusal {
  readonly status: 404 | 409 | 422
  readonly body: { readonly error: string; readonly problems?: readonly object[] }
}

export const noSuchJob: Refusal = { status: 404, body: { error: 'there is no such job' } }

export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof InvalidArgsError) {
    // Paths and reasons, never the values: they can be shown.
    return { status: 422, body: { error: 'invalid arguments', problems: error.problems } }
  }
  if (error instanceof InvalidIdError) return noSuchJob
  const isTaken = error instanceof Error && 'code' in error && error.code === '23505'

  return isTaken ? { status: 409, body: { error: 'the address has an account' } } : undefined
}
