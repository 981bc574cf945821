import { beforeEach, describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import type { ReindexerConfig } from '../../src/config/reindexer-schema.ts'
import type { ReindexerOptions } from '../../src/config/options.ts'
import { reindex } from '../../src/runtime/harbor/reindex.ts'
import { vacuum } from '../../src/runtime/harbor/vacuum.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'
import { startTree } from '../support/tree.ts'
import { untilRows, untilServer } from '../support/until-rows.ts'

const database = useDatabase()
beforeEach(async () => {
  await database.query('TRUNCATE oban_jobs, oban_ts_leaders')
  await database.query('DROP INDEX IF EXISTS oban_jobs_args_index, oban_jobs_args_index_ccnew')
  await database.query('CREATE INDEX oban_jobs_args_index ON oban_jobs USING gin (args)')
})

const indexes = () =>
  database.query<{ name: string; valid: boolean; file: number }>(
    `SELECT relname AS name, indisvalid AS valid, relfilenode::int AS file
       FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
      WHERE indrelid = 'oban_jobs'::regclass ORDER BY relname`,
  )

const named = async (name: string) => (await indexes()).filter((index) => index.name === name)

/** A snapshot of long ago, for whose end every rebuilding waits. */
async function holdUp(): Promise<() => Promise<unknown>> {
  const client = await connectTo(database.url)
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM oban_jobs')

  return () => client.query('ROLLBACK')
}

function config(options: ReindexerOptions | true = {}): ReindexerConfig {
  const { reindexer } = parseConfig({ reindexer: options })
  if (reindexer === false) throw new Error('it is off')

  return reindexer
}

/** A node that leads, and what its reindexer does when it is due. */
async function startLeader(options: ReindexerOptions = {}) {
  const tree = await startTree(database.url, { queues: {}, workers: [] })
  await tree.told.until('peer.election')
  const connect = { connectionString: database.url }
  const end = new AbortController()
  const run = () => reindex(tree.runtime, connect, config(options), end.signal)

  return { ...tree, end, run }
}

describe('the reindexer', () => {
  test('is off unless it is asked for', async () => {
    const off = await startOban({ database: database.url })
    const on = await startOban({ database: database.url, reindexer: true })

    expect(JSON.stringify(off.oban.snapshot())).not.toContain('reindexer')
    expect(JSON.stringify(on.oban.snapshot())).toContain('reindexer')
  })

  test('rebuilds the search indexes that are there', async () => {
    const before = await named('oban_jobs_args_index')
    const { run, told } = await startLeader()

    expect(await run()).toBe('done')
    const after = await named('oban_jobs_args_index')
    expect(after).toMatchObject([{ valid: true }])
    expect(after).not.toEqual(before)
    expect(told.all('reindexer.reindex')).toMatchObject([
      { rebuilt: ['oban_jobs_args_index'], dropped: [] },
    ])
    expect(told.all('query.failed')).toEqual([])
  })

  test('rebuilds what it is told to, and reports a name that there is not', async () => {
    const { run, told } = await startLeader({ indexes: ['oban_jobs_pkey', 'oban_jobs_typo'] })
    await run()

    expect(told.all('reindexer.reindex')).toMatchObject([{ rebuilt: ['oban_jobs_pkey'] }])
    expect(told.all('query.failed')).toMatchObject([
      {
        source: 'reindexer',
        error: expect.objectContaining({ message: 'oban_jobs has no index "oban_jobs_typo"' }),
      },
    ])
  })

  test('gives up in time, drops what that leaves behind later, and goes on', async () => {
    const letGo = await holdUp()
    const { run, told } = await startLeader({ timeout: { milliseconds: 300 } })
    await run()
    expect(told.all('query.failed')[0]).toMatchObject({
      source: 'reindexer',
      error: expect.objectContaining({ code: '57014' }),
    })
    expect(await named('oban_jobs_args_index')).toMatchObject([{ valid: true }])
    expect(await named('oban_jobs_args_index_ccnew')).toMatchObject([{ valid: false }])
    await letGo()
    await run()

    expect(told.all('reindexer.reindex').at(-1)).toMatchObject({
      rebuilt: ['oban_jobs_args_index'],
      dropped: ['oban_jobs_args_index_ccnew'],
    })
    expect((await indexes()).filter(({ name }) => name.includes('_cc'))).toEqual([])
  })

  test('leaves a table alone that somebody else maintains', async () => {
    const client = await connectTo(database.url)
    await client.query('BEGIN; LOCK oban_jobs IN SHARE UPDATE EXCLUSIVE MODE')
    const { run, told } = await startLeader()

    expect(await run()).toBe('busy')
    expect(told.all('reindexer.reindex')).toEqual([])
  })

  test('takes a table that is gone for no lack of rights, as does the vacuumer', async () => {
    const { end, run, runtime } = await startLeader()
    const connect = { connectionString: database.url }
    await database.query('ALTER TABLE oban_jobs RENAME TO oban_jobs_away')
    try {
      const missing = { code: 'OBAN_SCHEMA_MISSING', prefix: 'public' }
      await expect(run()).rejects.toMatchObject(missing)
      await expect(vacuum(runtime, connect, 1, end.signal)).rejects.toMatchObject(missing)
    } finally {
      await database.query('ALTER TABLE oban_jobs_away RENAME TO oban_jobs')
    }

    expect(await run()).toBe('done')
  })

  test('does nothing once the lease is not trusted', async () => {
    const { run, runtime, told } = await startLeader()
    runtime.leadership.distrust()

    expect(await run()).toBe('done')
    expect(told.all('reindexer.reindex')).toEqual([])
  })

  test('is ended on the server by its signal, and hinders nobody until then', async () => {
    await holdUp()
    const { end, run } = await startLeader()
    const running = run()
    await untilServer(database, 'working', 'oban-ts:reindex', 'REINDEX%')
    await database.query(`INSERT INTO oban_jobs (worker, queue) VALUES ('Greet', 'q')`)
    end.abort(new Error('enough'))

    await expect(running).rejects.toThrow('enough')
    await untilServer(database, 'idle', 'oban-ts:reindex')
    const gone = `SELECT FROM pg_stat_activity WHERE application_name = 'oban-ts:reindex'`
    await untilRows(database, gone, (rows) => rows.length === 0)
  })
})
