/** The client that Prisma generates from a schema; made anew where it is needed, as it is in no package. */
import { execFile } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './modules.ts'

const execute = promisify(execFile)

/** What a project that uses the client has installed. */
export const prismaPackages = ['@prisma/client', '@prisma/adapter-pg'] as const

/**
 * Generate the client into `generated/prisma` of a folder; no network is needed.
 *
 * @returns the module that exports `PrismaClient`
 */
export async function generatePrisma(folder: string): Promise<string> {
  const schema = join(folder, 'schema.prisma')
  copyFileSync(join(root, 'test/fixtures/schema.prisma'), schema)
  const command = join(root, 'node_modules/prisma/build/index.js')
  await execute(process.execPath, [command, 'generate', '--schema', schema], {
    cwd: folder,
    env: {
      ...process.env,
      // An engine for migrations, which it would download though generating needs none.
      PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
      CHECKPOINT_DISABLE: '1',
    },
  })

  return join(folder, 'generated/prisma/client.ts')
}
