/** What tests are told that ask for what cannot be. */

/** Thrown by `oban-ts/testing`, and by an instance in a testing mode; the message says what to do. */
export class TestingError extends Error {
  override readonly name = 'TestingError'
  readonly code = 'OBAN_TESTING'
}
