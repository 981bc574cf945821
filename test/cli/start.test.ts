import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createEmptyDatabase } from '../engine/empty-database.ts'
import { useDatabase } from '../support/database.ts'
import { folderWith } from '../support/folder-with.ts'
import { missing, startPooler } from '../support/pgbouncer.ts'
import { startProgram, type Program } from '../support/program.ts'
import { untilRows } from '../support/until-rows.ts'

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const bodies = fileURLToPath(new URL('../fixtures/bodies.js', import.meta.url))

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const config = `export default {
  workers: [${JSON.stringify(bodies)}],
  queues: { default: { limit: 2, threads: 2 }, other: 3 },
  node: 'from.file',
}`

interface Given {
  readonly args?: readonly string[]
  readonly file?: string
  readonly text?: string
  readonly env?: Readonly<Record<string, string>>
}

function start({ args = [], file = 'oban.config.mjs', text = config, env = {} }: Given = {}) {
  const cwd = folderWith(file, text)

  return startProgram([main, 'start', ...args], {
    cwd,
    env: { DATABASE_URL: database.url, ...env },
  })
}

/** Resolves to the first line, once the node is up. */
const up = (program: Program) => program.printedLines(1)

/** Resolves when a job is in this state. */
const until = (state: string) =>
  untilRows(database, `SELECT FROM oban_jobs WHERE state = '${state}'`, (rows) => rows.length > 0)

const insert = (worker: string) =>
  database.query('INSERT INTO oban_jobs (worker) VALUES ($1)', [worker])

// Node.js starts, on a machine that does much else.
const patience = 60_000

describe('oban start', { timeout: patience }, () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('runs jobs until %s, and ends well', async (signal) => {
    const program = start()
    await up(program)
    await insert('Echo')
    await until('completed')
    program.signal(signal)

    expect(await program.ended).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^node from\.file of Oban is up \(process \d+\); queues: default 2, other 3\nstopped\n$/,
      ),
      stderr: 'stopping: running jobs may finish within the grace (once more ends at once)\n',
    })
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
  })

  test('lets running jobs finish, and ends at once when asked again', async () => {
    const program = start()
    await up(program)
    await insert('Deaf')
    await until('executing')
    program.signal('SIGTERM')
    await program.warned('stopping')
    // A signal that comes right after the first is taken for its echo.
    await database.query('SELECT pg_sleep(0.6)')
    program.signal('SIGTERM')

    expect(await program.ended).toMatchObject({ code: null })
    expect(await database.query('SELECT state FROM oban_jobs')).toEqual([{ state: 'executing' }])
  })

  test('puts the environment over the file, and its options over both', async () => {
    const program = start({
      args: ['--node', 'from.option', '--queues=other:7,default'],
      env: { OBAN_NODE: 'from.environment', OBAN_NAME: 'Other', OBAN_QUEUES: 'default:1' },
    })
    await up(program)
    program.signal('SIGTERM')

    expect((await program.ended).stdout).toMatch(
      /^node from\.option of Other is up .*queues: other 7, default 2\n/,
    )
  })

  test('reads a file in TypeScript', async () => {
    const text = `import type { ObanOptions } from 'oban-ts'
      const node: string = 'typed'
      export default { node, logger: 'json' } satisfies ObanOptions`
    const program = start({ file: 'oban.config.ts', text })
    await up(program)
    program.signal('SIGTERM')
    const { code, stdout } = await program.ended

    expect(code).toBe(0)
    expect(stdout).toContain('node typed of Oban is up')
    expect(stdout).toContain('no queues: it stages nothing, but may lead')
  })

  test('says in one line that the tables are missing', async () => {
    const { url } = await createEmptyDatabase()

    expect(await start({ args: ['--database-url', url] }).ended).toEqual({
      code: 1,
      stdout: '',
      stderr: 'oban: schema "public" has no up-to-date Oban tables; run `oban install`\n',
    })
  })

  test('says at once what is wrong in the file, a variable and an option, and where', async () => {
    const text = config.replace('node:', 'prefx: 1, node:')
    const args = ['--log', 'loud']
    const env = { OBAN_QUEUES: 'default:1,late', OBAN_PREFIX: 'p'.repeat(41) }
    const { code, stderr } = await start({ text, args, env }).ended

    expect(code).toBe(2)
    expect(stderr.replace(/there are [^(]*/, 'there are … ').split('\n')).toEqual([
      'oban: invalid configuration, 5 problems:',
      '  queues: expected name:limit,name:limit; "late" has no limit, here or in the file (from OBAN_QUEUES)',
      '  logger: expected json, pretty or silent, found "loud" (from --log)',
      `  prefix: expected a schema name of 1 to 40 bytes, found "${'p'.repeat(40)}…" (from OBAN_PREFIX)`,
      '  queues.default.threads: expected at most the limit of 1, found 2 (from OBAN_QUEUES over oban.config.mjs)',
      '  prefx: is not an option; there are … (did you mean "prefix"?) (from oban.config.mjs)',
      '',
    ])
  })

  test('never chooses a database by itself', async () => {
    const { code, stderr } = await start({ env: { DATABASE_URL: '' } }).ended

    expect([code, stderr]).toEqual([2, expect.stringContaining('is DATABASE_URL set?')])
  })

  test.each([
    ['does not load: ', { text: 'throw new Error("broken")' }],
    ['is not an option', { text: 'export default { queue: 1 }' }],
    ['exports no options', { text: 'export const nothing = 1' }],
    ['there is no oban.config.js, .mjs or .ts in ', { file: 'other.js' }],
    ['there is no file ', { args: ['--config', 'missing.js'] }],
    ['queues: expected name:limit,name:limit', { args: ['--queues', 'unheard'] }],
    ['logger: expected json, pretty or silent', { args: ['--log', 'loud'] }],
    ['expected a whole number from 1', { args: ['--queues', 'default:0'] }],
    ['database: expected a connection string', { args: ['--database-url', 'mysql://x'] }],
  ])('ends with 2 when the file or an option is wrong: %s', async (message, given) => {
    const ended = await start(given).ended

    expect(ended.code).toBe(2)
    expect(ended.stderr.split('\n')[0]).toContain(message)
    expect(ended.stderr).not.toContain('    at ')
  })

  test.skipIf(missing !== undefined)(
    `says what is lost behind a pooler, and works${missing === undefined ? '' : ` (${missing})`}`,
    async () => {
      const pooler = await startPooler(inject('serverUrl'), { mode: 'transaction' })
      onTestFinished(pooler.stop)
      const args = ['--database-url', pooler.through(database.url), '--log=silent']
      const program = start({ args })
      await up(program)
      await program.warned('--listen-url')
      await insert('Echo')
      await until('completed')
      program.signal('SIGTERM')
      const { code, stderr } = await program.ended
      expect(code).toBe(0)
      expect(stderr).toContain('warning: notifications do not arrive (Error: ')
      expect(stderr).toContain('this node works by polling')

      const past = start({ args: [...args, '--listen-url', database.url] })
      await up(past)
      past.signal('SIGTERM')
      expect((await past.ended).stderr).not.toContain('warning')
    },
  )
})
