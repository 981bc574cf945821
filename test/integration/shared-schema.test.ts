/** A database that oban-py made, and works with too. */
import { describe, expect, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { createEmptyDatabase, loadFixture } from '../engine/empty-database.ts'
import { startOban, workerModule } from '../support/oban.ts'

async function startBesidePython(prepare = '') {
  const database = await createEmptyDatabase()
  const client = await database.connect()
  await loadFixture(client, 'schema_python')
  await loadFixture(client, 'schema_python_tables')
  await install(client, { prefix: 'public' })
  await client.query(prepare)
  const { oban, told } = await startOban({
    database: database.url,
    workers: [workerModule],
    queues: { default: 1 },
  })
  const mirrored = async () => {
    const { rows } = await client.query('SELECT uuid, name, node, queue FROM oban_producers')

    return rows
  }

  return { client, mirrored, oban, told }
}

describe('a schema shared with oban-py', () => {
  test('shows it our producers for as long as they work', async () => {
    const { mirrored, oban, told } = await startBesidePython()
    const { id } = await oban.enqueue('Echo', {})
    await told.ended(id)
    const { uuid, node, queue } = oban.checkQueue('default') ?? {}

    expect(await mirrored()).toEqual([{ uuid, name: oban.name, node, queue }])
    await oban.stop()
    expect(await mirrored()).toEqual([])
  })

  test('runs jobs also where its table may not be written', async () => {
    const { oban, told } = await startBesidePython(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
          AS $$ BEGIN RAISE EXCEPTION 'not yours'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON oban_producers
        FOR EACH ROW EXECUTE FUNCTION refuse()`)
    const { id } = await oban.enqueue('Echo', {})
    await told.ended(id)

    expect(await oban.getJob(id)).toMatchObject({ state: 'completed' })
    expect(told.all('query.failed')[0]).toMatchObject({ source: 'mirror' })
  })
})
