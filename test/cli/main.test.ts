import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { createEmptyDatabase, loadFixture } from '../engine/empty-database.ts'

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

const run = promisify(execFile)

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Run the built command to its end. `env` replaces DATABASE_URL. */
function oban(args: readonly string[], databaseUrl = ''): Promise<Ended> {
  const env = { ...process.env, DATABASE_URL: databaseUrl }

  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

/** A database with Elixir's tables at a version. */
async function startElixir(version: number) {
  const database = await createEmptyDatabase()
  await loadFixture(await database.connect(), 'schema_elixir', {
    edit: (sql) => sql.replace("'14'", `'${version}'`),
  })

  return database
}

/** What is said of a misuse at the end. */
const usage = (command?: string) =>
  command === undefined
    ? 'Run "oban --help" for what there is.\n'
    : `Run "oban ${command} --help" for what it takes.\n`

describe('oban install', () => {
  test('installs once, and says so', async () => {
    const { url } = await createEmptyDatabase()

    expect(await oban(['install', '--database-url', url])).toEqual({
      code: 0,
      stdout:
        'schema "public": applied 001_jobs, 002_producers, 003_staging_index, 006_leaders, 007_crons\n',
      stderr: '',
    })
    expect(await oban(['install', '--json'], url)).toEqual({
      code: 0,
      stdout: '{"applied":[],"warnings":[]}\n',
      stderr: '',
    })
  })

  test('takes a schema and indexes for searches', async () => {
    const { url } = await createEmptyDatabase()
    const { stdout } = await oban(['install', '--prefix=my-jobs', '--search-indexes'], url)

    expect(stdout).toBe(
      'schema "my-jobs": applied 001_jobs, 002_producers, 003_staging_index, 004_search_args, 005_search_meta, 006_leaders, 007_crons\n',
    )
  })

  test('installs once when eight processes start at once', async () => {
    const { url } = await createEmptyDatabase()
    const ended = await Promise.all(Array.from({ length: 8 }, () => oban(['install'], url)))

    expect(ended.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(Array(8).fill('0'))
    expect(ended.filter(({ stdout }) => stdout.includes('applied'))).toHaveLength(1)
  })

  test('warns on standard error, and in the JSON', async () => {
    const database = await startElixir(15)

    expect(await oban(['install'], database.url)).toEqual({
      code: 0,
      stdout: 'schema "public": applied 002_producers, 006_leaders, 007_crons, 003_staging_index\n',
      stderr: expect.stringMatching(/^warning: oban_jobs in schema "public" is at version 15/),
    })
    const { stdout, stderr } = await oban(['install', '--json'], database.url)
    expect([JSON.parse(stdout).warnings.length, stderr]).toEqual([1, ''])
  })

  test('fails with one line and exit code 1', async () => {
    const database = await startElixir(10)

    expect(await oban(['install'], database.url)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `oban: oban_jobs in schema "public" is at version 10 of Elixir's migrations, and 11 is ` +
        'needed; run Oban.Migration.up() in the Elixir project first\n',
    })
  })
})

describe('oban migrate', () => {
  test('shows what is pending, runs it, and shows the result', async () => {
    const { url } = await createEmptyDatabase()
    const { stdout } = await oban(['migrate', '--status'], url)
    expect(stdout.split('\n')).toEqual([
      'schema          public',
      'version         0 (latest: 7)',
      'pending         001_jobs, 002_producers, 003_staging_index, 006_leaders, 007_crons',
      'jobs table      missing',
      'elixir version  none',
      '',
    ])

    expect((await oban(['migrate'], url)).stdout).toContain('applied 001_jobs')
    expect(JSON.parse((await oban(['migrate', '--status', '--json'], url)).stdout)).toEqual({
      version: 7,
      latest: 7,
      pending: [],
      jobsTable: 'ours',
      elixirVersion: 14,
    })
  })
})

describe('oban uninstall', () => {
  test('asks for --yes', async () => {
    expect(await oban(['uninstall', '--database-url', 'postgres://nobody@localhost:1/x'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'oban: uninstall drops the oban_ts_* tables of schema "public", and oban_jobs with all jobs ' +
        `unless Elixir or Python made it; add --yes to do so\n${usage('uninstall')}`,
    })
  })

  test('removes what was installed', async () => {
    const { url } = await createEmptyDatabase()
    await oban(['install'], url)

    expect((await oban(['uninstall', '--yes'], url)).stdout).toBe(
      'schema "public": removed 007_crons, 006_leaders, 003_staging_index, 002_producers, 001_jobs\n',
    )
    expect((await oban(['uninstall', '--yes', '--json'], url)).stdout).toBe(
      '{"removed":[],"keptJobs":false}\n',
    )
  })

  test('keeps the jobs table of others', async () => {
    const database = await startElixir(14)
    await oban(['install'], database.url)

    expect((await oban(['uninstall', '--yes'], database.url)).stdout).toBe(
      'schema "public": removed 007_crons, 006_leaders, 003_staging_index, 002_producers; kept oban_jobs, which others made\n',
    )
  })
})

describe('oban', () => {
  test('prints its version', async () => {
    const { version } = JSON.parse((await oban(['version', '--json'])).stdout)

    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    expect((await oban(['--version'])).stdout).toBe(
      `oban-ts ${version}, Node.js ${process.versions.node}\n`,
    )
  })

  test.skipIf(!existsSync('/dev/full'))('says in a line that nobody gets its output', async () => {
    const script = 'exec "$0" "$1" version > /dev/full'

    await expect(run('sh', ['-c', script, process.execPath, main])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^oban: the output cannot be written: ENOSPC.*\n$/),
    })
  })

  test('lists its commands, and the options of each', async () => {
    const { code, stdout } = await oban(['--help'])
    const listed = [...stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)

    expect([code, listed]).toEqual([0, commands.map(({ name }) => name)])
    expect((await oban(['install', '-h'])).stdout).toContain('--database-url <url>')
    expect((await oban(['help'])).stdout).toBe(stdout)
    expect((await oban([])).stdout).toBe(stdout)
    expect((await oban(['help', 'install'])).stdout).toBe((await oban(['install', '-h'])).stdout)
  })

  test.each([
    [['instal'], 'unknown command "instal"; did you mean "install"?'],
    [['dance'], 'unknown command "dance"'],
    [['install', '--prefx', 'a'], 'unknown option "--prefx"; did you mean "--prefix"?'],
    [['install', '-x'], 'unknown option "-x"'],
    [['install', '--toString'], 'unknown option "--toString"'],
    [['install', '--prefix'], 'option "--prefix" needs a value'],
    [
      ['install', '--prefix', '--json'],
      'option "--prefix" needs a value; one that begins with "-" is written --prefix=-…',
    ],
    [['install', '--prefix='], 'option "--prefix" needs a value'],
    [['install', '--json=yes'], 'option "--json" takes no value'],
    [['install', 'postgres://a:b@c/d'], 'unexpected argument "postgres://a:***@c/d"'],
    [
      ['install', '--config', 'a.js', 'b.js', '--json'],
      'unexpected argument "b.js"; put a pattern for --config in quotes, or the shell makes a word of each file',
    ],
    [['install', '--config', 'a.js', '--json', 'b.js'], 'unexpected argument "b.js"'],
  ])('exits with 2 for %j', async (args, message) => {
    expect(await oban(args)).toEqual({
      code: 2,
      stdout: '',
      stderr: `oban: ${message}\n${usage(args[0] === 'install' ? 'install' : undefined)}`,
    })
  })

  test('says in one line, without the password, that no server answers', async () => {
    expect(await oban(['install'], 'postgres://me:secret@127.0.0.1:1/jobs')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'oban: no PostgreSQL lets us in at postgres://me:***@127.0.0.1:1/jobs (connect ' +
        'ECONNREFUSED 127.0.0.1:1); check that it runs and that the URL is right\n',
    })
  })

  test('passes on what the server says', async () => {
    const { url } = await createEmptyDatabase()
    const other = new URL(url)
    other.pathname = '/not_there'

    expect(await oban(['migrate', '--status'], other.href)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'oban: database "not_there" does not exist\n',
    })
  })
})
