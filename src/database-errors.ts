/** What can be wrong with the database that an instance is pointed at. */

/** Node.js leaves the message empty where each of a host's addresses failed in its own way. */
function reasonOf(cause: unknown): string {
  const errors: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause]
  const messages = errors.flatMap((error) => (error instanceof Error ? [error.message] : []))

  return messages.length === 0 ? '' : ` (${messages.join(', ')})`
}

/** Thrown when no server answers, or it refuses us. The URL is shown without its password. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError'
  readonly code = 'OBAN_DATABASE_UNREACHABLE'
  readonly url: string

  constructor(url: string, options?: ErrorOptions) {
    const reason = reasonOf(options?.cause)
    super(
      `no PostgreSQL lets us in at ${url}${reason}; check that it runs and that the URL is right`,
      options,
    )
    this.url = url
  }
}

/** Thrown by `start()` when the tables are not there, or are older than this version needs. */
export class SchemaMissingError extends Error {
  override readonly name = 'SchemaMissingError'
  readonly code = 'OBAN_SCHEMA_MISSING'
  readonly prefix: string

  constructor(prefix: string, options?: ErrorOptions) {
    // Without the option it would install into another schema, unless a file names this one.
    const command = prefix === 'public' ? 'oban install' : `oban install --prefix ${prefix}`
    super(`schema "${prefix}" has no up-to-date Oban tables; run \`${command}\``, options)
    this.prefix = prefix
  }
}

/** Thrown by `start()` when the role lacks a right without which a node cannot do its work. */
export class MissingRightsError extends Error {
  override readonly name = 'MissingRightsError'
  readonly code = 'OBAN_RIGHTS_MISSING'
  /** With which the database let us in. */
  readonly role: string
  /** What it lacks: `DELETE on oban_jobs`. */
  readonly missing: readonly string[]
  /** Statements that give it, for the owner of the tables. */
  readonly grants: readonly string[]

  constructor(
    role: string,
    { missing, grants }: Pick<MissingRightsError, 'grants' | 'missing'>,
    options?: ErrorOptions,
  ) {
    super(
      `role "${role}" cannot run a node, as it lacks ${missing.join('; ')}. ` +
        `Let the owner of the tables run: ${grants.join(' ')}`,
      options,
    )
    this.role = role
    this.missing = missing
    this.grants = grants
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
