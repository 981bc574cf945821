/** Commands other than `oban start` find the database where the configuration says it is. */
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createEmptyDatabase } from '../engine/empty-database.ts'
import { folderWith } from '../support/folder-with.ts'
import { startProgram } from '../support/program.ts'

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

/** A folder with a configuration, as JSON or as a whole module. */
function configured(options: object | string): string {
  const text = typeof options === 'string' ? options : `export default ${JSON.stringify(options)}`

  return folderWith('oban.config.mjs', text)
}

function oban(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return startProgram([main, ...args], { cwd, env: { DATABASE_URL: '', ...env } }).ended
}

// Node.js starts, on a machine that does much else.
const patience = 60_000

describe('commands that work on a database', { timeout: patience }, () => {
  test('take the database and the schema of the file', async () => {
    const { url } = await createEmptyDatabase()
    const folder = configured({ database: { url }, prefix: 'from_file' })

    expect(await oban(folder, ['install'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('schema "from_file": applied'),
    })
    expect((await oban(folder, ['migrate', '--status'])).stdout).toContain('pending         none')
    expect((await oban(folder, ['uninstall'])).stderr).toContain('tables of schema "from_file"')
    expect((await oban(folder, ['uninstall', '--yes'])).stdout).toContain('removed 007_crons')
  })

  test('warn of a variable that may be a slip, where variables are read', async () => {
    const { url } = await createEmptyDatabase()
    const env = { OBAN_DATABASE_URL: url, OBAN_PREFX: 'mine' }
    const warning =
      'oban: the variable OBAN_PREFX is not one of oban-ts, and is ignored (did you mean "OBAN_PREFIX"?)\n'

    expect(await oban(configured({}), ['migrate', '--status', '--json'], env)).toMatchObject({
      stdout: expect.stringContaining('"jobsTable":"missing"'),
      stderr: warning,
    })
    expect((await oban(configured({}), ['version'], env)).stderr).toBe('')
  })

  test('put the environment over the file, and options over both', async () => {
    const { url } = await createEmptyDatabase()
    const folder = configured({ database: 'postgres://nobody@127.0.0.1:1/x', prefix: 'file' })
    const env = { OBAN_DATABASE_URL: url, OBAN_PREFIX: 'env' }

    expect((await oban(folder, ['migrate', '--status'], env)).stdout).toContain(
      'schema          env',
    )
    expect((await oban(folder, ['migrate', '--status', '--prefix=op'], env)).stdout).toContain(
      'schema          op',
    )
    expect(await oban(folder, ['migrate', '--status'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no PostgreSQL lets us in at postgres://nobody@127.0.0.1:1'),
    })
  })

  test('connect as the pool of the file does', async () => {
    const { url } = await createEmptyDatabase()
    const pg = import.meta.resolve('pg')
    const folder = configured(`import pg from ${JSON.stringify(pg)}
      const pool = new pg.Pool({ connectionString: ${JSON.stringify(url)} })
      export default { database: { pool } }`)

    expect(await oban(folder, ['install'])).toMatchObject({ code: 0, stderr: '' })
  })

  test('read the file that is named', async () => {
    const { url } = await createEmptyDatabase()
    const folder = configured({ prefix: 'named' })
    const elsewhere = configured({ prefix: 'elsewhere' })
    const path = join(folder, 'oban.config.mjs')
    const status = ['migrate', '--status', '--database-url', url]

    expect((await oban(elsewhere, [...status, '--config', path])).stdout).toContain('named')
    expect((await oban(elsewhere, status, { OBAN_CONFIG: path })).stdout).toContain('named')
  })

  test('go on beside a mistake in what they do not use, not beside one that may be the schema', async () => {
    const { url } = await createEmptyDatabase()
    const unused = { database: url, queues: { default: 0 }, workers: ['/not/there.js'] }
    expect(await oban(configured(unused), ['migrate', '--status'])).toMatchObject({ code: 0 })

    expect(await oban(configured({ database: url, prefx: 'jobs' }), ['install'])).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^oban: invalid configuration: prefx: .* \(did you mean "prefix"\?\) \(from oban\.config\.mjs\)\n$/,
      ),
    })
  })

  test('never show a password that is wrong', async () => {
    const folder = configured({ database: { url: 'mysql://me:secret@host/x' } })
    const { code, stderr } = await oban(folder, ['install'], {
      OBAN_LISTEN_URL: 'me:secret@host',
    })

    expect(code).toBe(2)
    expect(stderr).toContain('database.listen: expected a connection string')
    expect(stderr).toContain('(from OBAN_LISTEN_URL)')
    expect(stderr).not.toContain('secret')
  })
})
