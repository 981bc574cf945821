import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromPrisma, type PrismaTransaction } from '../../src/adapters/prisma.ts'
import { root } from '../support/modules.ts'
import { generatePrisma, prismaPackages } from '../support/prisma.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { conforms, refusalOf, type Library, type Transaction } from './conformance.ts'

interface Tx extends PrismaTransaction {
  $executeRawUnsafe(query: string): Promise<number>
}

interface Client extends Tx {
  $transaction<Result>(body: (tx: Tx) => Promise<Result>): Promise<Result>
  $disconnect(): Promise<void>
}

interface Generated {
  readonly PrismaClient: new (options: { adapter: PrismaPg }) => Client
}

let folder: string
let generated: Generated

beforeAll(async () => {
  folder = temporaryFolder()
  for (const name of prismaPackages) {
    mkdirSync(join(folder, 'node_modules/@prisma'), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  generated = await import(await generatePrisma(folder))
})
afterAll(() => rmSync(folder, { recursive: true }))

const connect = (url: string) =>
  new generated.PrismaClient({ adapter: new PrismaPg({ connectionString: url }) })

function transactionOf(tx: Tx): Transaction {
  const run = (text: string) => tx.$executeRawUnsafe(text)

  return {
    client: fromPrisma(tx),
    run,
    // Prisma has none of its own.
    async savepoint(body) {
      await run('SAVEPOINT s')
      try {
        await body(transactionOf(tx))
        await run('RELEASE SAVEPOINT s')
      } catch (error) {
        await run('ROLLBACK TO SAVEPOINT s')
        throw error
      }
    },
  }
}

conforms('Prisma', {
  open: (url): Library => {
    const prisma = connect(url)

    return {
      close: () => prisma.$disconnect(),
      transaction: (body) => prisma.$transaction((tx) => body(transactionOf(tx))),
    }
  },
  // Its own code is P2010 for whatever a raw statement fails with.
  codeOf: (error) => /"originalCode":"(\w+)"/.exec(JSON.stringify(error))?.[1],
})

describe('fromPrisma', () => {
  test('refuses what is no transaction, and is named to who forgets it', async () => {
    const prisma = connect('postgres://nowhere')

    expect(() => fromPrisma(prisma)).toThrow(
      'client: fromPrisma() needs a transaction: the tx of prisma.$transaction(async (tx) => …)',
    )
    expect(await refusalOf(prisma)).toContain(
      'client: is an object of Prisma: pass fromPrisma(tx), with its transaction, instead',
    )
  })
})
