/** What the documentation shows compiles in a user's project, and does what it says. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createDatabase } from './support/database.ts'
import { blocksOf, createProject, documents, linksOf } from './support/documents.ts'
import type { Block, Project } from './support/documents.ts'
import { modulesBelow, root } from './support/modules.ts'
import { generatePrisma, prismaPackages } from './support/prisma.ts'
import { startProgram } from './support/program.ts'

// Compilers and programs of their own: minutes on a busy machine, seconds on an idle one.
const patience = 120_000

const compiler = join(root, 'node_modules/typescript/bin/tsc')
const own = 'node_modules/oban-ts/dist/src/cli/main.js'

/** What examples take transactions of. */
const builders = ['kysely', 'drizzle-orm', 'knex', 'typeorm', 'postgres']
const nest = ['@nestjs/common', '@nestjs/core']

/** What the document on OpenTelemetry sets up. */
const opentelemetry = ['api', 'context-async-hooks', 'core', 'sdk-metrics', 'sdk-trace-base'].map(
  (name) => `@opentelemetry/${name}`,
)

const compilerOptions = {
  strict: true,
  module: 'nodenext',
  target: 'es2022',
  types: ['node'],
  rewriteRelativeImportExtensions: true,
  // Of NestJS.
  experimentalDecorators: true,
}

const blocks = documents.flatMap((document) => blocksOf(document))
const examples = blocks.filter(({ language, name }) => language === 'ts' && name === undefined)
/** What other examples import; the files of the README are a program of their own. */
const imported = blocks.filter(
  ({ place, name }) => name !== undefined && !place.startsWith('README.md:'),
)
const readme = blocksOf('README.md')
const program = readme.filter(({ name }) => name !== undefined)

async function compile({ folder }: Project): Promise<string> {
  const { stdout } = await startProgram([compiler], { cwd: folder }).ended

  return stdout
}

/** What its comments say that an example prints, in order; a colon begins an explanation. */
function announced({ code }: Block): string[] {
  return [...code.matchAll(/\/\/ => (.*)$/gm)].map(([, text = '']) => text)
}

function fileOf({ place }: Block): string {
  return `${place.replaceAll(/\W/g, '_')}.ts`
}

function codesIn(text: string): readonly string[] {
  return text.match(/\bOBAN_[A-Z_]*[A-Z]\b/g) ?? []
}

describe('the documentation', () => {
  test(
    'has examples that compile and print what they say',
    async () => {
      const runtime = ['zod', 'pg', 'p-queue', 'xstate', '@types/node', '@types/pg']
      const packages = [...runtime, ...builders, ...nest, ...prismaPackages, ...opentelemetry]
      const project = createProject(packages, { ...compilerOptions, skipLibCheck: true })
      await generatePrisma(project.folder)
      for (const { name = '', code } of imported) project.write(name, code)
      for (const block of examples) project.write(fileOf(block), block.code)
      expect(await compile(project)).toBe('')

      const shown = examples.filter((block) => announced(block).length > 0)
      expect(shown.length).toBeGreaterThan(5)
      for (const block of shown) {
        const file = fileOf(block).replace('.ts', '.js')
        const { code, stdout, stderr } = await startProgram([file], { cwd: project.folder }).ended
        const lines = stdout.trimEnd().split('\n')
        const expected = announced(block).map((text, index) => {
          const line = lines[index] ?? ''

          return text.startsWith(`${line}:`) ? line : text
        })
        expect({ place: block.place, code, stderr, lines }).toEqual({
          place: block.place,
          code: 0,
          stderr: '',
          lines: expected,
        })
      }
    },
    patience,
  )

  test('explains every code, and no other', () => {
    const used = modulesBelow('src')
      // Variables of the environment begin like this too.
      .filter(({ path }) => !path.startsWith('src/cli/'))
      .flatMap(({ text }) => codesIn(text))
    const explained = codesIn(readFileSync(join(root, 'docs/errors.md'), 'utf8'))
    expect([...new Set(explained)].toSorted()).toEqual([...new Set(used)].toSorted())
  })

  test('names a test for what it says is here, and tests that exist', () => {
    const rows = readFileSync(join(root, 'docs/parity.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
    const unproven = rows.filter(
      ([, , , , here = '', proof = '']) => !here.startsWith('—') && !proof,
    )
    expect(unproven).toEqual([])

    const tests = rows.flatMap(([, , , , , proof = '']) => proof.match(/test\/[^`*]+\.ts/g) ?? [])
    expect(tests.length).toBeGreaterThan(100)
    expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('proves each failure of others by tests that are there, under their names', () => {
    const rows = readFileSync(join(root, 'docs/reliability.md'), 'utf8')
      .split('\n')
      .filter((line) => /^\| *\d+ +\|/.test(line))
    expect(rows.map((row) => Number.parseInt(row.slice(1), 10))).toEqual(
      Array.from({ length: 80 }, (_, index) => index + 1),
    )
    const proofs = rows.map((row) => [...row.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[^)]+)\)/g)])
    expect(proofs.findIndex((links) => links.length === 0)).toBe(-1)

    const missing = proofs.flat().filter(([, name = '', path = '']) => {
      const text = readFileSync(join(root, path), 'utf8')

      return !["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`))
    })
    expect(missing.map(([link]) => link)).toEqual([])
  })

  test('links to files that exist', () => {
    const links = documents.flatMap((document) =>
      linksOf(document).map((target) => join(dirname(document), target)),
    )
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

describe('the program of the README', () => {
  test(
    'compiles where neither xstate nor pg can be found',
    async () => {
      const options = { ...compilerOptions, exactOptionalPropertyTypes: true, noEmit: true }
      const project = createProject(['zod', '@types/node'], { ...options, skipLibCheck: false })
      for (const { name = '', code } of program) project.write(name, code)

      expect(await compile(project)).toBe('')
    },
    patience,
  )

  test(
    'prints what the README shows, and stops when asked to',
    async () => {
      const packages = ['zod', 'pg', 'p-queue', 'xstate', '@types/node']
      const project = createProject(packages, compilerOptions)
      for (const { name = '', code } of program) project.write(name, code)
      expect(await compile(project)).toBe('')
      const database = await createDatabase()
      onTestFinished(database.drop)
      await database.query('DROP SCHEMA public CASCADE')
      await database.query('CREATE SCHEMA public')
      const options = { cwd: project.folder, env: { DATABASE_URL: database.url } }
      const installed = await startProgram([own, 'install'], options).ended
      expect(installed.code).toBe(0)

      const shown = readme
        .find(({ language }) => language === 'text')
        ?.code.trimEnd()
        .split('\n')
      const app = startProgram(['app.js'], options)
      for (const line of shown ?? []) await app.printed(line)
      app.signal('SIGINT')
      const { code, stdout } = await app.ended
      expect(stdout.split('\n').slice(0, shown?.length)).toEqual(shown)
      expect(code).toBe(0)
    },
    patience,
  )
})
