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

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** The packages that an example asks for, in the versions of this repository. */
export function packagesOf(name: string): string[] {
  const { dependencies, devDependencies } = manifestOf(join(root, 'docs/examples', name))

  return Object.keys({ ...dependencies, ...devDependencies }).filter((each) => each !== 'oban-ts')
}

export interface Example {
  readonly folder: string
  readonly database: Omit<TestDatabase, 'drop'>
  /** Run a program of the example against the database. */
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Program
}

/** Give the calling file a built copy of an example, and a database with the tables of both. */
export function useExample(name: string): Example {
  const database = useDatabase()
  const removals: (() => void)[] = []
  let folder: string | undefined
  const current = () => {
    if (folder === undefined) throw new Error('the example is not built yet: use it in tests')

    return folder
  }
  beforeAll(async () => {
    const packages = [...new Set([...runtime, ...packagesOf(name)])]
    const project = createProject(packages, {}, (remove) => removals.push(remove))
    const source = join(root, 'docs/examples', name)
    cpSync(source, project.folder, { recursive: true })
    await execute(process.execPath, [compiler], { cwd: project.folder })
    const schema = join(source, 'schema.sql')
    if (existsSync(schema)) await database.query(readFileSync(schema, 'utf8'))
    folder = project.folder
  })
  afterAll(() => {
    for (const remove of removals) remove()
  })

  return {
    get folder() {
      return current()
    },
    database,
    run: (args, env = {}) =>
      startProgram(args, { cwd: current(), env: { DATABASE_URL: database.url, ...env } }),
  }
}
