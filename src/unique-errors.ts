/** What keeps a unique job from being enqueued. */

/** Thrown when another transaction has been inserting the same job for longer than we wait. */
export class UniqueLockError extends Error {
  override readonly name = 'UniqueLockError'
  readonly code = 'OBAN_UNIQUE_LOCK'
  readonly worker: string
  /** Milliseconds. */
  readonly waitedMs: number

  constructor(worker: string, waitedMs: number, options?: ErrorOptions) {
    super(
      `another transaction is inserting the same unique job of worker "${worker}", and has not ended ` +
        `within ${waitedMs} ms; roll back and try again`,
      options,
    )
    this.worker = worker
    this.waitedMs = waitedMs
  }
}

/**
 * Thrown when a unique index of the database refuses a job: one of Oban Pro, or of the application. Nothing
 * is inserted.
 */
export class UniqueIndexError extends Error {
  override readonly name = 'UniqueIndexError'
  readonly code = 'OBAN_UNIQUE_INDEX'

  constructor(options?: ErrorOptions) {
    super(
      'a unique index on oban_jobs refuses a job: one that it takes for the same exists. The index was ' +
        'made by Oban Pro or by the application; see `cause`',
      options,
    )
  }
}
