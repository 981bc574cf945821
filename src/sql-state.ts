/** What PostgreSQL calls an error, whoever handed it on. */

/** Where libraries keep it. */
type Wrapped = Readonly<
  Partial<Record<'cause' | 'code' | 'driverAdapterError' | 'meta' | 'originalCode', unknown>>
>

/**
 * SQLSTATE of what a database threw, or a library in between: Prisma keeps it in `meta`, its driver adapters
 * deeper in there, others wrap the error as their cause. A code at the top may be the library's own.
 */
export function sqlStateOf(error: unknown): string | undefined {
  const { code, originalCode, meta, cause }: Wrapped = Object(error)
  const { code: inner, driverAdapterError }: Wrapped = Object(meta)
  const within = driverAdapterError ?? cause
  const wrapped = within === undefined ? undefined : sqlStateOf(within)

  return [inner, wrapped, originalCode, code].find(
    (value): value is string => typeof value === 'string' && /^[0-9A-Z]{5}$/.test(value),
  )
}
