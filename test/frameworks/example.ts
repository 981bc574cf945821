/** The examples of the documentation, built as a user builds them and started as processes. */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'
import { useDatabase, type TestDatabase } from '../support/database.ts'
import { createProject } from '../support/documents.ts'
import { root } from '../support/modules.ts'
import { startProgram, type Program } from '../support/program.ts'

const execute = promisify(execFile)
const compiler = join(root, 'node_modules/typescript/bin/tsc')

/** What the package itself needs, linked beside it as npm would place it. */
const runtime = ['p-queue', 'xstate', 'zod', 'pg', '@types/node', '@types/pg']

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

export function sourceOf(name: string): string {
  return join(root, 'docs/examples', name)
}

/** What an example asks for beside `oban-ts`, with the ranges of versions. */
export function rangesOf(name: string): Readonly<Record<string, string>> {
  const manifest: Manifest = JSON.parse(readFileSync(join(sourceOf(name), 'package.json'), 'utf8'))
  const { 'oban-ts': _, ...dependencies } = manifest.dependencies

  return { ...dependencies, ...manifest.devDependencies }
}

export interface Example {
  readonly folder: string
  readonly database: Omit<TestDatabase, 'drop'>
  /** Run a program of the example against the database. */
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Program
}

interface Built {
  readonly folder: string
  readonly remove: () => void
}

/** Copy an example, install what it asks for, and compile it. */
async function compileExample(name: string): Promise<Built> {
  const removals: (() => void)[] = []
  const packages = [...new Set([...runtime, ...Object.keys(rangesOf(name))])]
  const { folder } = createProject(packages, {}, (remove) => removals.push(remove))
  cpSync(sourceOf(name), folder, { recursive: true })
  await execute(process.execPath, [compiler], { cwd: folder })

  return { folder, remove: () => removals.forEach((remove) => remove()) }
}

/**
 * Give the calling file a built copy of an example, and a database with the tables of both.
 *
 * @param build - makes the copy. Default: `tsc` in a folder of its own
 */
export function useExample(name: string, build = compileExample): Example {
  const database = useDatabase()
  let built: Built | undefined
  const folder = () => {
    if (built === undefined) throw new Error('the example is not built yet: use it in tests')

    return built.folder
  }
  // A compiler on a machine that does much else; the one of Next.js needs 15 s of a processor.
  beforeAll(async () => {
    built = await build(name)
    const schema = join(sourceOf(name), 'schema.sql')
    // An example without tables of its own has no such file.
    if (existsSync(schema)) await database.query(readFileSync(schema, 'utf8'))
  }, 300_000)
  afterAll(() => built?.remove())

  return {
    get folder() {
      return folder()
    },
    database,
    run: (args, env = {}) =>
      startProgram(args, { cwd: folder(), env: { DATABASE_URL: database.url, ...env } }),
  }
}
