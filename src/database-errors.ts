/** What can be wrong with the database that an instance is pointed at. */

/** Thrown when no server answers, or it refuses us. The URL is shown without its password. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError'
  readonly code = 'OBAN_DATABASE_UNREACHABLE'
  readonly url: string

  constructor(url: string, options?: ErrorOptions) {
    const { cause } = options ?? {}
    const reason = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : ''
    super(`no PostgreSQL lets us in at ${url}${reason}; check that it runs and the URL`, options)
    this.url = url
  }
}

/** Thrown by `start()` when the tables are not there, or are older than this version needs. */
export class SchemaMissingError extends Error {
  override readonly name = 'SchemaMissingError'
  readonly code = 'OBAN_SCHEMA_MISSING'
  readonly prefix: string

  constructor(prefix: string, options?: ErrorOptions) {
    super(`schema "${prefix}" has no up-to-date Oban tables; run \`oban install\``, options)
    this.prefix = prefix
  }
}

/** Thrown when a migration fails or must not run. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly code: 'OBAN_MIGRATION_FAILED' | 'OBAN_SCHEMA_NEWER'

  constructor(code: MigrationError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Thrown when the embedded PostgreSQL cannot be found or started. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError'
  readonly code = 'OBAN_EMBEDDED'
}

/** Told by `stop()` when the database did not take the results of jobs in time. */
export class ResultsLostError extends Error {
  override readonly name = 'ResultsLostError'
  readonly code = 'OBAN_RESULTS_LOST'
  readonly count: number

  constructor(count: number, options?: ErrorOptions) {
    const results = count === 1 ? 'the result of 1 job' : `the results of ${count} jobs`
    super(`stopped before the database took ${results}; rescued, they run again`, options)
    this.count = count
  }
}
