import { describe, expect, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { checkFoundation, describeSchema, requireSchema } from '../../src/engine/schema.ts'
import { createEmptyDatabase, loadFixture } from './empty-database.ts'

const prefix = 'public'

async function startDescribed() {
  const client = await (await createEmptyDatabase()).connect()
  const describeNow = () => describeSchema({ client, prefix, named: false })

  return { client, describeNow }
}

describe('schema', () => {
  test('describes an empty database', async () => {
    const { describeNow } = await startDescribed()

    expect(await describeNow()).toMatchObject({
      hasSchema: true,
      hasJobs: false,
      errorsType: 'jsonb[]',
      hasProducers: false,
      hasLeaders: false,
      oursVersion: 0,
    })
  })

  test("describes what was installed on Elixir's tables", async () => {
    const { client, describeNow } = await startDescribed()
    await loadFixture(client, 'schema_elixir', { edit: (sql) => sql.replace("'suspended', ", '') })
    await install(client, { prefix })

    expect(await describeNow()).toMatchObject({
      hasJobs: true,
      errorsType: 'jsonb[]',
      hasPeers: true,
      hasLeaders: false,
      hasProducers: false,
      oursVersion: 7,
      elixirVersion: 14,
    })
  })

  test("describes what was installed on Python's tables", async () => {
    const { client, describeNow } = await startDescribed()
    await loadFixture(client, 'schema_python')
    await loadFixture(client, 'schema_python_tables')
    await install(client, { prefix })

    expect(await describeNow()).toMatchObject({
      hasJobs: true,
      errorsType: 'jsonb',
      hasPeers: false,
      hasLeaders: true,
      hasProducers: true,
      oursVersion: 7,
      elixirVersion: null,
    })
  })

  test('is missing until it is installed', async () => {
    const { client, describeNow } = await startDescribed()
    const missing = 'schema "public" has no up-to-date Oban tables; run `oban install`'
    const empty = await describeNow()
    expect(() => requireSchema(empty, prefix)).toThrow(missing)

    await loadFixture(client, 'schema_elixir')
    const foreign = await describeNow()
    expect(() => requireSchema(foreign, prefix)).toThrow(missing)

    // What is to be run has to be about that schema.
    expect(() => requireSchema(empty, 'jobs')).toThrow(
      'schema "jobs" has no up-to-date Oban tables; run `oban install --prefix jobs`',
    )

    await install(client, { prefix })
    const installed = await describeNow()
    expect(requireSchema(installed, prefix)).toBe(undefined)
  })

  test('is enough without indexes that are still being built', async () => {
    const { client, describeNow } = await startDescribed()
    await install(client, { prefix })
    await client.query('DELETE FROM oban_ts_migrations WHERE version = 3')
    await client.query('DROP INDEX oban_jobs_staging_index')

    expect(requireSchema(await describeNow(), prefix)).toBe(undefined)
  })

  test('is refused when a newer release migrated it', async () => {
    const { client, describeNow } = await startDescribed()
    await install(client, { prefix })
    await client.query(`COMMENT ON TABLE oban_ts_migrations IS '999'`)
    const facts = await describeNow()

    expect(() => requireSchema(facts, prefix)).toThrow(
      expect.objectContaining({ code: 'OBAN_SCHEMA_NEWER' }),
    )
  })

  test('needs PostgreSQL 14', async () => {
    const { describeNow } = await startDescribed()
    const facts = await describeNow()

    expect(() => checkFoundation({ ...facts, serverVersion: 130_011 }, prefix)).toThrow(
      'PostgreSQL 14 or newer is needed; this server is 13',
    )
  })
})
