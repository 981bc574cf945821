import { describe, expect, onTestFinished, test } from 'vitest'
import { install, status } from '../../src/engine/migrator.ts'
import { createEmptyDatabase, describeCatalog, loadFixture } from './empty-database.ts'

const prefix = 'public'
const all = ['001_jobs', '002_producers', '003_staging_index', '006_leaders', '007_crons']

/** What other implementations see of a schema: storage settings and our additions left out. */
function shared(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !/oban_ts_|oban_jobs_(?:staging|args|meta)_index/.test(line))
    .map((line) => line.replace(/ \{.*=.*\}$| WITH \(fillfactor='90'\)$| NOT VALID$/, ''))
}

describe('migrator on an empty database', () => {
  test('makes the tables, types, constraints and indexes of Elixir version 14', async () => {
    const client = await (await createEmptyDatabase()).connect()
    const elixir = await (await createEmptyDatabase()).connect()
    await loadFixture(elixir, 'schema_elixir')

    expect(await install(client, { prefix })).toEqual({ applied: all, warnings: [] })
    expect(shared(await describeCatalog(client))).toEqual(shared(await describeCatalog(elixir)))
  })

  test('keeps room for updates on the tables, and logs its own', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await install(client, { prefix })

    const { rows } = await client.query(
      `SELECT relname, relpersistence, reloptions[1] AS option FROM pg_class
        WHERE relkind = 'r' AND (relname IN ('oban_jobs', 'oban_peers') OR relname LIKE 'oban_ts_%')
        ORDER BY relname`,
    )
    expect(rows).toEqual([
      { relname: 'oban_jobs', relpersistence: 'p', option: 'fillfactor=85' },
      { relname: 'oban_peers', relpersistence: 'u', option: null },
      { relname: 'oban_ts_crons', relpersistence: 'p', option: 'fillfactor=50' },
      { relname: 'oban_ts_leaders', relpersistence: 'p', option: 'fillfactor=50' },
      { relname: 'oban_ts_migrations', relpersistence: 'p', option: null },
      { relname: 'oban_ts_producers', relpersistence: 'p', option: 'fillfactor=50' },
    ])
  })

  test('does nothing the second time', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await install(client, { prefix })
    const before = await describeCatalog(client)

    expect(await install(client, { prefix })).toEqual({ applied: [], warnings: [] })
    expect(await describeCatalog(client)).toEqual(before)
  })

  test('indexes args and meta only when asked to, also later', async () => {
    const client = await (await createEmptyDatabase()).connect()
    const gin = async () =>
      (await describeCatalog(client)).filter((line) => line.includes('USING gin'))
    await install(client, { prefix })
    expect(await gin()).toEqual([])

    const { applied } = await install(client, { prefix, searchIndexes: true })
    expect(applied).toEqual(['004_search_args', '005_search_meta'])
    expect(await gin()).toEqual([
      'index oban_jobs_args_index CREATE INDEX oban_jobs_args_index ON public.oban_jobs USING gin (args)',
      'index oban_jobs_meta_index CREATE INDEX oban_jobs_meta_index ON public.oban_jobs USING gin (meta)',
    ])
    expect(await status(client, { prefix })).toMatchObject({ version: 7, latest: 7, pending: [] })
  })

  test('installs once when eight connections start at once', async () => {
    const database = await createEmptyDatabase()
    const clients = await Promise.all(Array.from({ length: 8 }, () => database.connect()))

    const results = await Promise.all(clients.map((client) => install(client, { prefix })))
    expect(results.flatMap(({ applied }) => applied)).toEqual(all)
  })

  test('installs once under a role whose transactions are serializable', async () => {
    const database = await createEmptyDatabase()
    const clients = await Promise.all(Array.from({ length: 4 }, () => database.connect()))
    const isolation = `SET default_transaction_isolation = 'serializable'`
    await Promise.all(clients.map((client) => client.query(isolation)))

    const results = await Promise.all(clients.map((client) => install(client, { prefix })))
    expect(results.flatMap(({ applied }) => applied)).toEqual(all)
  })

  test('changes nothing when a migration fails half-way', async () => {
    const client = await (await createEmptyDatabase()).connect()
    // The second migration finds its name taken, after the first has made its tables.
    await client.query('CREATE VIEW oban_ts_producers AS SELECT 1')

    await expect(install(client, { prefix })).rejects.toMatchObject({
      code: 'OBAN_MIGRATION_FAILED',
      message:
        'migration 002_producers failed: relation "oban_ts_producers" already exists; nothing was changed',
    })
    expect(await describeCatalog(client)).toEqual([])

    await client.query('DROP VIEW oban_ts_producers')
    expect((await install(client, { prefix })).applied).toEqual(all)
  })

  test('refuses a schema that a newer release migrated, and touches nothing', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await install(client, { prefix })
    await client.query(`INSERT INTO oban_ts_migrations (version, name) VALUES (999, '999_later')`)
    await client.query('DROP TABLE oban_ts_producers')
    const before = await describeCatalog(client)

    await expect(install(client, { prefix, searchIndexes: true })).rejects.toMatchObject({
      code: 'OBAN_SCHEMA_NEWER',
      message:
        'schema "public" is at version 999, and this release of oban-ts knows 7; upgrade oban-ts',
    })
    expect(await describeCatalog(client)).toEqual(before)
  })

  test('refuses when the jobs table is gone', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await install(client, { prefix })
    await client.query('DROP TABLE oban_jobs')

    await expect(install(client, { prefix })).rejects.toMatchObject({
      code: 'OBAN_MIGRATION_FAILED',
      message: expect.stringContaining('oban_jobs is gone from schema "public"'),
    })
  })

  test.each(['select', 'Upper', 'with-dash', 'quo"te', "apo'strophe", '$$a$&b', 'spa ce', 'größe'])(
    'works in a schema called %s',
    async (odd) => {
      const client = await (await createEmptyDatabase()).connect()

      expect((await install(client, { prefix: odd, searchIndexes: true })).applied).toHaveLength(7)
      expect(await install(client, { prefix: odd })).toEqual({ applied: [], warnings: [] })
      expect(await status(client, { prefix: odd })).toMatchObject({ version: 7, jobsTable: 'ours' })
      expect(await describeCatalog(client)).toEqual([])
    },
  )

  test('needs no right to create schemas where the schema exists', async () => {
    const database = await createEmptyDatabase()
    const client = await database.connect()
    const role = `oban_plain_${process.pid}`
    await client.query(`CREATE ROLE ${role}; CREATE SCHEMA jobs AUTHORIZATION ${role}`)
    onTestFinished(async () => {
      await client.query(`RESET ROLE; DROP SCHEMA jobs CASCADE; DROP ROLE ${role}`)
    })
    await client.query(`SET ROLE ${role}`)

    expect((await install(client, { prefix: 'jobs' })).applied).toEqual(all)
  })
})

describe('status', () => {
  test('tells what install would do, and changes nothing', async () => {
    const client = await (await createEmptyDatabase()).connect()

    expect(await status(client, { prefix })).toEqual({
      version: 0,
      latest: 7,
      pending: all,
      jobsTable: 'missing',
      elixirVersion: null,
    })
    expect(await describeCatalog(client)).toEqual([])
  })

  test('shows the version that a newer release left', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await install(client, { prefix })
    await client.query(`COMMENT ON TABLE oban_ts_migrations IS '999'`)

    expect(await status(client, { prefix })).toEqual({
      version: 999,
      latest: 7,
      pending: [],
      jobsTable: 'ours',
      elixirVersion: 14,
    })
  })
})
