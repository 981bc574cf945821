/** The recipes of the documentation, run by their test runners as by a user. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { useDatabase } from '../../support/database.ts'
import { blocksOf, createProject } from '../../support/documents.ts'
import { root } from '../../support/modules.ts'
import { startProgram } from '../../support/program.ts'

// Test runners of their own: a minute on a busy machine, seconds on an idle one.
const patience = 240_000

const database = useDatabase()
const blocks = blocksOf('docs/testing.md')

function codeOf(file: string): string {
  const block = blocks.find(({ name }) => name === file)
  if (!block) throw new Error(`the documentation has no ${file}`)

  return block.code
}

interface Runner {
  readonly name: string
  readonly recipe: string
  readonly args: readonly string[]
  /** What it says of two tests that pass, and of one that does not. */
  readonly passed: RegExp
  readonly failed: RegExp
}

const runners: readonly Runner[] = [
  {
    name: 'node:test',
    recipe: 'sign-up.test.js',
    args: ['--test'],
    passed: /pass 2\n/,
    failed: /pass 1\n[^]*fail 1\n/,
  },
  {
    name: 'vitest',
    recipe: 'sign-up.spec.js',
    args: [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--no-color'],
    passed: /Tests {2}2 passed \(2\)/,
    failed: /Tests {2}1 failed \| 1 passed \(2\)/,
  },
  {
    name: 'jest',
    recipe: 'sign-up.jest.test.js',
    args: ['--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js'), '--no-color'],
    passed: /Tests: +2 passed, 2 total/,
    failed: /Tests: +1 failed, 1 passed, 2 total/,
  },
]

/** Run a recipe in a project with what its user has installed; without colours. */
async function run({ recipe, args }: Runner, change: (code: string) => string) {
  const packages = ['pg', 'p-queue', 'xstate', 'zod', 'vitest', '@jest/globals', 'jest']
  const project = createProject(packages, {})
  const jest = { transform: {} }
  project.write('package.json', JSON.stringify({ type: 'module', jest }))
  project.write('sign-up.js', codeOf('sign-up.js'))
  project.write(recipe, change(codeOf(recipe)))
  const env = { DATABASE_URL: database.url, NO_COLOR: '1', NODE_ENV: 'test', VITEST: '' }
  const { code, stdout, stderr } = await startProgram(args, { cwd: project.folder, env }).ended

  return { code, output: `${stdout}${stderr}` }
}

describe.each(runners)('the recipe for $name', (runner) => {
  test(
    'passes',
    async () => {
      const { code, output } = await run(runner, (text) => text)

      expect(code, output).toBe(0)
      expect(output).toMatch(runner.passed)
    },
    patience,
  )

  test(
    'fails with what was found instead, and where',
    async () => {
      const { code, output } = await run(runner, (text) =>
        text.replace("signUp('ada@example.org'", "signUp('eve@example.org'"),
      )

      expect(code, output).toBe(1)
      expect(output).toMatch(runner.failed)
      expect(output).toContain('expected a job to be enqueued with')
      expect(output).toMatch(/args\.email: expected .*ada.*, found 'eve@example\.org'/)
      expect(output).toMatch(new RegExp(`${runner.recipe}:\\d+:\\d+`))
    },
    patience,
  )
})
