import { describe, expect, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { uninstall } from '../../src/engine/uninstall.ts'
import { createEmptyDatabase, describeCatalog, loadFixture } from './empty-database.ts'

const prefix = 'public'
const nothing = { removed: [], keptJobs: false }

async function startInstalled() {
  const database = await createEmptyDatabase()
  const client = await database.connect()
  await install(client, { prefix })
  const addProducer = (age: string, dead: string | null = null) =>
    client.query(
      `INSERT INTO oban_ts_producers (uuid, name, node, queue, updated_at, dead_at)
       VALUES (gen_random_uuid(), 'Oban', 'web.1', 'default',
               timezone('UTC', now()) - $1::interval, $2)`,
      [age, dead],
    )

  return { database, client, addProducer }
}

const inUse = {
  code: 'OBAN_MIGRATION_FAILED',
  message:
    'schema "public" is in use by web.1; stop them (after a crash, wait a minute) and try again',
}

describe('uninstall', () => {
  test('drops everything that install made, and can be done twice', async () => {
    const { client } = await startInstalled()
    await install(client, { prefix, searchIndexes: true })

    expect(await uninstall(client, { prefix })).toEqual({
      removed: [
        '007_crons',
        '006_leaders',
        '005_search_meta',
        '004_search_args',
        '003_staging_index',
        '002_producers',
        '001_jobs',
      ],
      keptJobs: false,
    })
    expect(await describeCatalog(client)).toEqual([])
    expect(await uninstall(client, { prefix })).toEqual(nothing)
  })

  test('happens once when several connections do it', async () => {
    const { database } = await startInstalled()
    const clients = await Promise.all(Array.from({ length: 4 }, () => database.connect()))

    const results = await Promise.all(clients.map((client) => uninstall(client, { prefix })))
    expect(results.flatMap(({ removed }) => removed)).toHaveLength(5)
  })

  test('leaves a jobs table alone that it knows nothing of', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await loadFixture(client, 'schema_elixir')
    const before = await describeCatalog(client)

    expect(await uninstall(client, { prefix })).toEqual(nothing)
    expect(await describeCatalog(client)).toEqual(before)
  })

  test('refuses while a node of ours lives', async () => {
    const { client, addProducer } = await startInstalled()
    await addProducer('1 second')
    await addProducer('2 seconds')
    const before = await describeCatalog(client)

    await expect(uninstall(client, { prefix })).rejects.toMatchObject(inUse)
    expect(await describeCatalog(client)).toEqual(before)
  })

  test('refuses while Elixir or Python work on the jobs table that it would drop', async () => {
    const { client } = await startInstalled()
    await client.query(
      `INSERT INTO oban_peers VALUES ('Oban', 'web.1', now(), timezone('UTC', now()) + '30s')`,
    )
    await expect(uninstall(client, { prefix })).rejects.toMatchObject(inUse)

    await client.query(`DELETE FROM oban_peers; DROP INDEX oban_jobs_staging_index`)
    await loadFixture(client, 'schema_python_tables')
    await client.query(
      `INSERT INTO oban_producers (uuid, node, queue) VALUES (gen_random_uuid(), 'web.1', 'py')`,
    )
    await expect(uninstall(client, { prefix })).rejects.toMatchObject(inUse)
  })

  test('lets Elixir work on where it keeps the jobs table', async () => {
    const client = await (await createEmptyDatabase()).connect()
    await loadFixture(client, 'schema_elixir')
    await install(client, { prefix })
    await client.query(
      `INSERT INTO oban_peers VALUES ('Oban', 'web.1', now(), timezone('UTC', now()) + '30s')`,
    )

    expect(await uninstall(client, { prefix })).toMatchObject({ keptJobs: true })
  })

  test('ignores producers that are dead or have been silent for a minute', async () => {
    const { client, addProducer } = await startInstalled()
    await addProducer('61 seconds')
    await addProducer('1 second', '2030-01-01')

    expect((await uninstall(client, { prefix })).removed).toHaveLength(5)
  })

  test('changes nothing when something else depends on a table', async () => {
    const { client } = await startInstalled()
    await client.query('CREATE VIEW mine AS SELECT id FROM oban_jobs')
    const before = await describeCatalog(client)

    await expect(uninstall(client, { prefix })).rejects.toMatchObject({
      code: 'OBAN_MIGRATION_FAILED',
      message: expect.stringContaining('because other objects depend on it; nothing was changed'),
    })
    expect(await describeCatalog(client)).toEqual(before)
  })

  test('refuses a schema that a newer release migrated', async () => {
    const { client } = await startInstalled()
    await client.query(`INSERT INTO oban_ts_migrations (version, name) VALUES (999, '999_later')`)

    await expect(uninstall(client, { prefix })).rejects.toMatchObject({ code: 'OBAN_SCHEMA_NEWER' })
  })
})
