/** Jobs in a transaction of Prisma. */
import type { QueryClient } from '../job/query-client.ts'
import { hasMethods, refuseUnlike } from './refusal.ts'

/** The part of a `Prisma.TransactionClient` that is needed. */
export interface PrismaTransaction {
  $queryRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>
}

/**
 * Enqueue in an interactive transaction of Prisma.
 *
 * @example
 * ```ts
 * await prisma.$transaction(async (tx) => {
 *   await Welcome.enqueue({ userId: 1 }, { client: fromPrisma(tx) })
 * })
 * ```
 *
 * @param tx - of `prisma.$transaction(async (tx) => …)`
 * @throws {ConfigError} for anything else, such as the `PrismaClient` itself
 */
export function fromPrisma(tx: PrismaTransaction): QueryClient {
  // The client of a transaction cannot connect.
  if (!hasMethods(tx, ['$queryRawUnsafe']) || hasMethods(tx, ['$connect'])) {
    refuseUnlike('fromPrisma', 'a transaction: the tx of prisma.$transaction(async (tx) => …)')
  }

  return {
    async query(text, values) {
      const rows = await tx.$queryRawUnsafe(text, ...values)
      if (!Array.isArray(rows)) throw new TypeError('$queryRawUnsafe() resolved to no rows')

      return rows
    },
  }
}
