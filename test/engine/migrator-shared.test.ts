import type { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { install, status } from '../../src/engine/migrator.ts'
import { uninstall } from '../../src/engine/uninstall.ts'
import { createEmptyDatabase, describeCatalog, loadFixture } from './empty-database.ts'

const prefix = 'public'
const stagingIndex = /^index oban_jobs_staging_index /

async function startElixir(edit?: (sql: string) => string) {
  const database = await createEmptyDatabase()
  const client = await database.connect()
  await loadFixture(client, 'schema_elixir', { edit })

  return { database, client }
}

/** What is there now and was not before, without our own tables. */
async function additions(client: Client, before: readonly string[]): Promise<string[]> {
  const after = await describeCatalog(client)

  return after.filter((line) => !before.includes(line) && !line.includes('oban_ts_'))
}

/** Wait until the statement finds a row. */
async function until(client: Client, statement: string): Promise<void> {
  while ((await client.query(statement)).rowCount === 0) await client.query('SELECT pg_sleep(0.01)')
}

const building = `SELECT FROM pg_stat_progress_create_index
  WHERE datname = current_database() AND phase = 'waiting for writers before build'`
const waiting = `SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event IN ('PgSleep', 'advisory')`

describe("migrator on Elixir's schema", () => {
  test('adds the staging index and its own tables, and changes nothing', async () => {
    const { client } = await startElixir()
    const before = await describeCatalog(client)

    expect(await install(client, { prefix })).toEqual({
      applied: ['002_producers', '006_leaders', '007_crons', '003_staging_index'],
      warnings: [],
    })
    expect(await additions(client, before)).toEqual([expect.stringMatching(stagingIndex)])
    expect(await describeCatalog(client)).toEqual(expect.arrayContaining(before))
    expect(await status(client, { prefix })).toEqual({
      version: 7,
      latest: 7,
      pending: [],
      jobsTable: 'elixir',
      elixirVersion: 14,
    })
  })

  test('leaves what it found when it is uninstalled', async () => {
    const { client } = await startElixir()
    const before = await describeCatalog(client)
    await install(client, { prefix, searchIndexes: true })

    expect(await uninstall(client, { prefix })).toEqual({
      removed: ['007_crons', '006_leaders', '003_staging_index', '002_producers'],
      keptJobs: true,
    })
    expect(await describeCatalog(client)).toEqual(before)
  })

  test('builds the index once when eight connections start at once', async () => {
    const { database } = await startElixir()
    const clients = await Promise.all(Array.from({ length: 8 }, () => database.connect()))

    const results = await Promise.all(clients.map((client) => install(client, { prefix })))
    expect(results.flatMap(({ applied }) => applied).toSorted()).toEqual([
      '002_producers',
      '003_staging_index',
      '006_leaders',
      '007_crons',
    ])
  })

  test('lets jobs be inserted while the index is built', async () => {
    const { database, client } = await startElixir()
    const other = await database.connect()
    const insert = `INSERT INTO oban_jobs (worker) VALUES ('A')`
    await other.query(`BEGIN; ${insert}`)

    const installed = install(client, { prefix })
    const third = await database.connect()
    await until(third, building)
    await third.query(insert)
    await other.query('COMMIT')

    expect((await installed).applied).toEqual([
      '002_producers',
      '006_leaders',
      '007_crons',
      '003_staging_index',
    ])
  })

  test('waits for the index of another process without holding it up', async () => {
    const { database, client } = await startElixir()
    const [other, second, third] = await Promise.all([
      database.connect(),
      database.connect(),
      database.connect(),
    ])
    await other.query(`BEGIN; INSERT INTO oban_jobs (worker) VALUES ('A')`)

    const first = install(client, { prefix })
    await until(third, building)
    const late = install(second, { prefix })
    await until(third, waiting)
    await other.query('COMMIT')

    expect((await first).applied).toEqual([
      '002_producers',
      '006_leaders',
      '007_crons',
      '003_staging_index',
    ])
    expect((await late).applied).toEqual([])
  })

  test('builds an index again that an interrupted build left invalid', async () => {
    const { client } = await startElixir()
    await client.query(`INSERT INTO oban_jobs (worker) VALUES ('A'), ('A')`)
    const interrupted = client.query(
      'CREATE UNIQUE INDEX CONCURRENTLY oban_jobs_staging_index ON oban_jobs (worker)',
    )
    await expect(interrupted).rejects.toMatchObject({ code: '23505' })

    expect((await install(client, { prefix })).applied).toContain('003_staging_index')
    const { rows } = await client.query(
      `SELECT indisvalid, indisunique FROM pg_index
        WHERE indexrelid = 'oban_jobs_staging_index'::regclass`,
    )
    expect(rows).toEqual([{ indisvalid: true, indisunique: false }])
  })

  test('goes on with the index when the process died while it was built', async () => {
    const { database, client } = await startElixir()
    const victim = await database.connect()
    const { rows } = await victim.query('SELECT pg_backend_pid() AS pid')
    await client.query(`BEGIN; INSERT INTO oban_jobs (worker) VALUES ('A')`)
    const interrupted = expect(install(victim, { prefix })).rejects.toThrow('003_staging_index')
    victim.on('error', () => {})
    const third = await database.connect()
    await until(third, building)
    await third.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
    await interrupted
    await client.query('COMMIT')

    expect(await status(client, { prefix })).toMatchObject({ pending: ['003_staging_index'] })
    expect((await install(client, { prefix })).applied).toEqual(['003_staging_index'])
    expect(await status(client, { prefix })).toMatchObject({ version: 7, pending: [] })
  })

  test('builds for longer than the role may wait, and leaves its limits as they were', async () => {
    const { database, client } = await startElixir()
    const url = new URL(database.url)
    url.searchParams.set('options', '-c lock_timeout=50ms -c statement_timeout=7s')
    const limited = await database.connect(url.href)
    const third = await database.connect()
    await client.query(`BEGIN; INSERT INTO oban_jobs (worker) VALUES ('A')`)

    const installed = install(limited, { prefix })
    await until(third, building)
    await client.query('SELECT pg_sleep(0.1); COMMIT')

    expect((await installed).applied).toContain('003_staging_index')
    const limits = `SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout') AS both`
    expect((await limited.query(limits)).rows).toEqual([{ both: '50ms 7s' }])
  })

  test('warns of a version that it does not know, when the columns fit', async () => {
    const { client } = await startElixir((sql) => sql.replace("'14'", "'15'"))

    expect((await install(client, { prefix })).warnings).toEqual([
      `oban_jobs in schema "public" is at version 15 of Elixir's migrations, and this release knows 14; all needed columns are there`,
    ])
  })

  test('accepts tables whose version Elixir does not manage', async () => {
    const { client } = await startElixir((sql) => sql.replace("'14'", "'∞'"))

    expect((await install(client, { prefix })).warnings).toEqual([])
    expect(await status(client, { prefix })).toMatchObject({
      jobsTable: 'elixir',
      elixirVersion: null,
    })
  })

  test('accepts version 11, without the state suspended', async () => {
    const { client } = await startElixir((sql) =>
      sql.replace("'14'", "'11'").replace("'suspended', ", ''),
    )

    expect((await install(client, { prefix })).applied).toContain('002_producers')
  })

  test.each([
    ['an older version', "'14'", "'10'", 'is at version 10'],
    ['a missing column', '  tags text[]', '  labels text[]', 'column tags is missing'],
    ['a missing state', "\n  'cancelled'", "\n  'gone'", 'state cancelled is missing'],
    ['another type', 'attempted_by text[]', 'attempted_by text', 'attempted_by is text instead of'],
  ])('refuses %s, and touches nothing', async (_, from, to, message) => {
    const { client } = await startElixir((sql) => sql.replace(from, to))
    const before = await describeCatalog(client)

    await expect(install(client, { prefix })).rejects.toMatchObject({
      code: 'OBAN_MIGRATION_FAILED',
      message: expect.stringMatching(new RegExp(`${message}.*Oban.Migration.up()`)),
    })
    expect(await describeCatalog(client)).toEqual(before)
  })
})

describe("migrator on Python's schema", () => {
  test('adds its own tables, and changes nothing', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await loadFixture(client, 'schema_python')
    await loadFixture(client, 'schema_python_tables')
    const before = await describeCatalog(client)

    expect(await install(client, { prefix })).toEqual({
      applied: ['002_producers', '006_leaders', '007_crons'],
      warnings: [],
    })
    expect(await additions(client, before)).toEqual([])
    expect(await status(client, { prefix })).toMatchObject({
      jobsTable: 'python',
      elixirVersion: null,
      pending: [],
    })

    expect(await uninstall(client, { prefix })).toEqual({
      removed: ['007_crons', '006_leaders', '002_producers'],
      keptJobs: true,
    })
    expect(await describeCatalog(client)).toEqual(before)
  })

  test('takes back the search indexes that it added', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await loadFixture(client, 'schema_python')
    await loadFixture(client, 'schema_python_tables')
    const before = await describeCatalog(client)
    await install(client, { prefix, searchIndexes: true })
    expect(await additions(client, before)).toHaveLength(2)

    await uninstall(client, { prefix })
    expect(await describeCatalog(client)).toEqual(before)
  })

  test("adds nothing to Elixir's schema that Python has completed", async () => {
    const { client } = await startElixir()
    await loadFixture(client, 'schema_python_tables')
    const before = await describeCatalog(client)
    await install(client, { prefix })

    expect(await additions(client, before)).toEqual([])
    expect(await status(client, { prefix })).toMatchObject({ version: 7, jobsTable: 'elixir' })
  })
})
