/** What PostgreSQL calls an error, whoever handed it on. */

/** SQLSTATE of what a database threw, or a library in between. */
export function sqlStateOf(error: unknown): string | undefined {
  // Prisma has a code of its own, and keeps this one in `meta`; others wrap the error as their cause.
  const { code, meta, cause }: { code?: unknown; meta?: unknown; cause?: unknown } = Object(error)
  const { code: inner }: { code?: unknown } = Object(meta)
  const state = [inner, code].find(
    (value): value is string => typeof value === 'string' && /^[0-9A-Z]{5}$/.test(value),
  )

  return state ?? (cause === undefined ? undefined : sqlStateOf(cause))
}
