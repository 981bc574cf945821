import type { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { install } from '../../../src/engine/migrator.ts'
import { createEmptyDatabase } from '../../engine/empty-database.ts'
import { createShared, origins, python } from '../../support/shared-schemas.ts'
import { examined } from './examined.ts'

const ours = async (client: Client) => {
  await install(client, { prefix: 'public' })
}

/** Run statements on a fresh schema of ours, and look at it. */
async function after(...statements: string[]) {
  const { url, client } = await createShared([ours])
  for (const statement of statements) await client.query(statement)

  return { client, url, found: await examined(url) }
}

/** Do what a finding says, and look again. */
async function follow(client: Client, url: string, id: string) {
  const { todo } = (await examined(url)).of(id)
  for (const line of todo) {
    if (line === 'oban install') await ours(client)
    else await client.query(line)
  }

  return (await examined(url)).of(id).result
}

describe('the schema', () => {
  test('that is not there leaves only the server to look at', async () => {
    const { url } = await createEmptyDatabase()
    const found = await examined(url, 'not "there"')

    expect(found.of('tables')).toEqual({
      result: 'problem',
      found: 'there is no schema "not "there""',
      todo: [`oban install --prefix 'not "there"'`],
    })
    expect(found.with('problem')).toEqual(['tables'])
    expect(found.leftOut).toContain('columns')
    expect(found.leftOut).not.toContain('pooler')
  })

  test.each(origins)('made by $who has no problem, warning or drift', async ({ steps }) => {
    const { url } = await createShared(steps)
    const found = await examined(url)

    expect(found.with('problem')).toEqual([])
    // The servers of tests do without fsync.
    expect(found.with('warning')).toEqual(['durability'])
    expect(found.leftOut).toEqual([])
  })

  test('made by oban-py wants our tables', async () => {
    const { url } = await createShared([python])

    expect((await examined(url)).of('tables')).toEqual({
      result: 'problem',
      found: 'oban_jobs of oban-py is there, our tables are not',
      todo: ['oban install'],
    })
  })

  test('of an older release has pending migrations, of a newer one the wrong release', async () => {
    const { found } = await after(
      'DROP TABLE oban_ts_leaders',
      'DROP TABLE oban_ts_crons',
      "COMMENT ON TABLE oban_ts_migrations IS '3'",
    )
    expect(found.of('migrations')).toMatchObject({
      result: 'problem',
      found: 'version 3; pending: 006_leaders, 007_crons',
      todo: ['oban migrate'],
    })
    expect(found.of('own-tables').result).toBe('ok')
    const newer = await after("COMMENT ON TABLE oban_ts_migrations IS '99'")
    expect(newer.found.of('migrations').result).toBe('problem')
  })

  test('beside another is told, as a wrong prefix shows nothing', async () => {
    const { client, url } = await after()
    await install(client, { prefix: 'jobs' })

    expect((await examined(url)).of('other-schemas')).toMatchObject({
      result: 'note',
      todo: ['oban doctor --prefix jobs'],
    })
  })
})

describe('columns', () => {
  test('that are missing, of another type, without a default or demanding are problems', async () => {
    const { found } = await after(
      'ALTER TABLE oban_jobs DROP COLUMN cancelled_at',
      'ALTER TABLE oban_jobs ALTER max_attempts TYPE bigint',
      'ALTER TABLE oban_jobs ALTER inserted_at DROP DEFAULT',
      'ALTER TABLE oban_jobs ADD tenant text NOT NULL DEFAULT 1',
      'ALTER TABLE oban_jobs ALTER tenant DROP DEFAULT',
    )

    expect(found.of('columns')).toEqual({
      result: 'problem',
      found:
        'column max_attempts is int8 instead of int4, column cancelled_at is missing, ' +
        'column inserted_at has no default, column tenant is NOT NULL without a default',
      todo: [
        'run the migrations of the project that made the table (Oban.Migration.up() in Elixir)',
        `ALTER TABLE "public"."oban_jobs" ALTER inserted_at SET DEFAULT timezone('UTC', now());`,
        'ALTER TABLE "public"."oban_jobs" ALTER "tenant" DROP NOT NULL;',
      ],
    })
  })

  test('are right again after what is said was done', async () => {
    const { client, url } = await after(
      'ALTER TABLE oban_jobs ALTER inserted_at DROP DEFAULT, ALTER errors DROP DEFAULT',
      'ALTER TABLE oban_jobs ALTER attempt DROP DEFAULT',
    )

    expect(await follow(client, url, 'columns')).toBe('ok')
  })

  test('have states that may be missing', async () => {
    const { client, url, found } = await after(
      'ALTER TABLE oban_jobs ALTER state DROP DEFAULT',
      "ALTER TYPE oban_job_state RENAME VALUE 'retryable' TO 'odd'",
    )

    expect(found.of('states')).toMatchObject({ result: 'problem', found: 'missing: retryable' })
    expect(await follow(client, url, 'states')).toBe('ok')
  })

  test('have constraints, triggers and policies', async () => {
    const { client, url, found } = await after(
      'ALTER TABLE oban_jobs DROP CONSTRAINT attempt_range, ENABLE ROW LEVEL SECURITY',
      `CREATE FUNCTION oban_jobs_notify() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RETURN NEW; END'`,
      'CREATE TRIGGER oban_notify AFTER INSERT ON oban_jobs EXECUTE FUNCTION oban_jobs_notify()',
    )

    expect(found.of('constraints')).toMatchObject({
      result: 'warning',
      found: 'missing: attempt_range',
    })
    expect(found.of('triggers')).toMatchObject({
      result: 'warning',
      found:
        'triggers: oban_notify; row level security is on: a policy decides which jobs a node sees',
    })
    expect(await follow(client, url, 'constraints')).toBe('ok')
    expect(await follow(client, url, 'triggers')).toBe('ok')
    await client.query(
      'CREATE TRIGGER mine AFTER INSERT ON oban_jobs EXECUTE FUNCTION oban_jobs_notify()',
    )
    expect((await examined(url)).of('triggers')).toMatchObject({ result: 'note' })
  })
})

describe('tables of ours', () => {
  test('that are missing or without their key come back with what is said', async () => {
    const { client, url, found } = await after(
      'DROP TABLE oban_ts_leaders',
      'ALTER TABLE oban_ts_crons DROP CONSTRAINT oban_ts_crons_pkey',
      'ALTER TABLE oban_ts_producers DROP COLUMN dead_at',
    )

    expect(found.of('own-tables').found).toBe(
      'oban_ts_producers has no column dead_at, oban_ts_leaders is missing, ' +
        'oban_ts_crons has no primary key (instance, name)',
    )
    expect(await follow(client, url, 'own-tables')).toBe('ok')
  })

  test('are logged', async () => {
    const { client, url, found } = await after('ALTER TABLE oban_ts_producers SET UNLOGGED')

    expect(found.of('own-tables').result).toBe('warning')
    expect(await follow(client, url, 'own-tables')).toBe('ok')
  })

  test("keep the version from which Elixir's migrations go on", async () => {
    const { client, url, found } = await after('COMMENT ON TABLE oban_jobs IS NULL')

    expect(found.of('elixir-version').result).toBe('warning')
    expect(await follow(client, url, 'elixir-version')).toBe('ok')
    await client.query("COMMENT ON TABLE oban_jobs IS '10'")
    expect((await examined(url)).of('elixir-version').result).toBe('problem')
    await client.query("COMMENT ON TABLE oban_jobs IS '15'")
    expect((await examined(url)).of('elixir-version').result).toBe('note')
  })
})

describe('indexes', () => {
  test('that are missing are built by the statements that are shown', async () => {
    const { client, url, found } = await after(
      'DROP INDEX oban_jobs_state_queue_priority_scheduled_at_id_index',
      'DROP INDEX oban_jobs_staging_index',
      'DROP INDEX oban_jobs_state_cancelled_at_index',
      'ALTER TABLE oban_jobs DROP CONSTRAINT oban_jobs_pkey',
    )

    expect(found.of('indexes').result).toBe('problem')
    expect(found.of('indexes').found).toMatch(/^no index on id; none for claims: oban_jobs_state_q/)
    expect(await follow(client, url, 'indexes')).toBe('ok')
  })

  test('of less weight are less of a matter', async () => {
    const { found } = await after('DROP INDEX oban_jobs_staging_index')
    expect(found.of('indexes').result).toBe('warning')
    const lesser = await after('DROP INDEX oban_jobs_state_discarded_at_index')
    expect(lesser.found.of('indexes').result).toBe('note')
  })

  test('that an interrupted build has left are dropped, and ours built again', async () => {
    const { client, url, found } = await after(
      `UPDATE pg_index SET indisvalid = false
        WHERE indexrelid = 'oban_jobs_staging_index'::regclass`,
      "DELETE FROM oban_ts_migrations WHERE name = '003_staging_index'",
    )

    expect(found.of('invalid-indexes')).toEqual({
      result: 'warning',
      found: 'oban_jobs_staging_index',
      todo: ['DROP INDEX CONCURRENTLY "public"."oban_jobs_staging_index";', 'oban install'],
    })
    expect(await follow(client, url, 'invalid-indexes')).toBe('ok')
    expect((await examined(url)).of('indexes').result).toBe('ok')
  })

  test('for searches are told of once the table is large', async () => {
    const { client, url } = await after(
      "UPDATE pg_class SET reltuples = 90000 WHERE oid = 'oban_jobs'::regclass",
    )

    expect((await examined(url)).of('search-indexes').result).toBe('note')
    await install(client, { prefix: 'public', searchIndexes: true })
    expect((await examined(url)).of('search-indexes').result).toBe('ok')
  })
})
