/** Worker modules in TypeScript, in an application of their own: here everything is TypeScript. */
import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { createProject } from '../support/documents.ts'
import { startProgram, type Program } from '../support/program.ts'

const database = useDatabase()

beforeEach(() => database.query('TRUNCATE oban_jobs RESTART IDENTITY'))

const patience = 60_000

/** With these, Node.js needs tsx for types. */
const withoutTypes = Reflect.get(process.features, 'typescript')
  ? ['--no-experimental-strip-types']
  : []

const app = `
import { Oban } from 'oban-ts'

const oban = new Oban({
  database: process.env.DATABASE_URL,
  workers: [new URL('./worker.js', import.meta.url), new URL('./plain.js', import.meta.url)],
  queues: { threaded: 1, inline: { limit: 1, execution: 'inline' } },
  threadOptions: { setup: new URL('./setup.js', import.meta.url) },
})
await oban.start()
for (const queue of ['threaded', 'inline']) await oban.enqueue(process.argv[2], {}, { queue })
`

const sources = {
  'app.js': app,
  'shared.ts': 'export const shared: { setups: number } = { setups: 0 }',
  'setup.ts': `
import { shared } from './shared.ts'

export function setup(): { readonly greeting: string } {
  shared.setups += 1

  return { greeting: 'hello' }
}`,
  'worker.ts': `
import { defineWorker, type JobTools } from 'oban-ts'
import { shared } from './shared.ts'

export const Typed = defineWorker({
  name: 'Typed',
  process(_, { context }: JobTools<unknown>): void {
    console.log(\`\${(context as { greeting: string }).greeting} after \${shared.setups} setup\`)
  },
})`,
  'plain.js': `
import { defineWorker } from 'oban-ts'

export const Plain = defineWorker({ name: 'Plain', process: () => console.log('plain') })`,
}

function startApp(
  worker: string,
  packages: readonly string[],
  flags: readonly string[],
  changes: Readonly<Record<string, string>> = {},
): Program {
  const project = createProject(['zod', 'pg', 'p-queue', 'xstate', ...packages], {})
  for (const [name, text] of Object.entries({ ...sources, ...changes })) project.write(name, text)

  return startProgram([...flags, 'app.js', worker], {
    cwd: project.folder,
    env: { DATABASE_URL: database.url },
  })
}

describe('modules in TypeScript', () => {
  test.each([
    ['as this Node.js can', []],
    ['with tsx', withoutTypes],
  ])(
    'run in threads and inline, %s',
    async (_, flags) => {
      const program = startApp('Typed', ['tsx'], flags)
      await program.printed('[threaded Typed 1] hello after 1 setup')
      await program.printed('hello after 1 setup')
    },
    patience,
  )

  test(
    'say what is missing without tsx, and leave the other modules alone',
    async () => {
      const plain = app.replace(/threadOptions.*/, '')
      const program = startApp('Plain', [], withoutTypes, { 'app.js': plain })
      await program.printed('plain')
      program.signal('SIGKILL')
      const { stderr } = await program.ended

      expect(stderr).toMatch(
        /worker module file:.*worker\.ts did not load: TypeScriptError: .*npm install tsx/,
      )
    },
    patience,
  )

  test(
    'refuse to start without tsx when the setup module needs it',
    async () => {
      const { code, stderr } = await startApp('Plain', [], withoutTypes).ended

      expect(stderr).toMatch(/threadOptions\.setup: .*setup\.ts: it does not load: TypeScriptError/)
      expect(code).toBe(1)
    },
    patience,
  )
})
