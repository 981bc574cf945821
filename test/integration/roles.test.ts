/** The roles that the documents give, in a database whose owner has taken everything from PUBLIC. */
import { Client } from 'pg'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { MissingRightsError } from '../../src/database-errors.ts'
import { parseConfig } from '../../src/config.ts'
import { reindex } from '../../src/runtime/harbor/reindex.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { startProgram } from '../support/program.ts'
import { documentedGrants, makeRole } from '../support/roles.ts'
import { startTree } from '../support/tree.ts'

const database = useDatabase()
beforeAll(async () => {
  await database.query('REVOKE ALL ON SCHEMA public FROM PUBLIC')
  await database.query('REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC')
  await database.query(`DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  END $$`)
})
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers, oban_ts_leaders'))

/** A role as a document makes it, with what PUBLIC has elsewhere. */
async function documented(document: string, name: string) {
  const made = await makeRole(database.url)
  const { pathname } = new URL(made.url)
  await database.query(documentedGrants(document, name, made.role))
  await database.query(
    `GRANT CONNECT ON DATABASE ${pathname.slice(1)} TO ${made.role};
     GRANT EXECUTE ON FUNCTION pg_catalog.pg_notify(text, text) TO ${made.role}`,
  )

  return made
}

const node = () => documented('docs/production.md', 'oban_node')
const enqueuer = () => documented('docs/security.md', 'oban_enqueuer')
const viewer = () => documented('docs/security.md', 'oban_viewer')

/** Leave in the indexes what so many processed jobs leave there, two days ago. */
async function process(count: number): Promise<void> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query('ALTER TABLE oban_jobs SET (autovacuum_enabled = false)')
  await client.query(
    `INSERT INTO oban_jobs (worker, queue, scheduled_at)
     SELECT 'Echo', 'old', now() - interval '2 days' FROM generate_series(1, $1)`,
    [count],
  )
  await client.query(`UPDATE oban_jobs SET state = 'executing', attempt = 1`)
  await client.query(
    `UPDATE oban_jobs SET state = 'completed', completed_at = now() - interval '2 days'`,
  )
  // A session tells its counts at its end.
  await client.end()
}

const quiet = () => {}

describe('the role of a node', () => {
  test('does everything that a node does, and is told once that it may not vacuum', async () => {
    await process(1_500)
    const { url } = await node()
    const warnings: string[] = []
    const warn = (fields: object) => warnings.push(JSON.stringify(fields))
    const { oban, told } = await startOban({
      database: url,
      workers: [workerModule],
      queues: { threads: 2, inline: { limit: 2, execution: 'inline' } },
      cron: { crontab: [{ expression: '@reboot', worker: 'Echo', queue: 'threads' }] },
      pruner: { interval: { milliseconds: 50 } },
      metrics: true,
      vacuum: { every: 1_000 },
      logger: { debug: quiet, info: quiet, warn, error: warn },
    })
    await told.hears()
    await told.until('peer.election', ({ leader }) => leader)
    await told.until('cron.insert')
    await told.until('pruner.prune', ({ completed }) => completed > 0)
    const begun = () => told.all('job.log').filter(({ message }) => message === 'begun')
    for (const [index, queue] of ['threads', 'inline'].entries()) {
      const done = await oban.enqueue('Echo', {}, { queue, unique: { period: 60 } })
      await told.ended(done.id)
      const failed = await oban.enqueue('Fail', {}, { queue, meta: { a: 1 } })
      await told.ended(failed.id)
      expect(await oban.retryJob(failed.id)).toBe(true)
      const running = await oban.enqueue('Wait', { word: 'never' }, { queue })
      await told.until('job.log', () => begun().length > index)
      await oban.cancelJob(running.id)
      await told.ended(running.id)
      expect(await oban.deleteJob(running.id)).toBe(true)
    }
    await oban.scaleQueue('threads', { limit: 1 })
    await oban.pauseQueue('threads')
    await oban.resumeQueue('threads')
    await oban.startQueue('late', { limit: 1 })
    await oban.stopQueue('late')
    expect((await oban.health()).ok).toBe(true)
    await told.until('vacuumer.denied')
    await oban.stop()

    expect(told.all('query.failed')).toEqual([])
    expect(told.all('signal.failed')).toEqual([])
    expect(told.all('supervisor.report')).toEqual([])
    expect(warnings.filter((line) => line.includes('vacuum'))).toHaveLength(1)
    expect(await database.query('SELECT FROM oban_ts_leaders')).toEqual([])
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
  }, 60_000)

  test('rescues the jobs of a node that is gone', async () => {
    const { url } = await node()
    const uuid = 'd9428888-122b-11e1-b85c-61cd3cbb3210'
    await database.query(
      `INSERT INTO oban_ts_producers (uuid, name, node, queue, dead_at)
       VALUES ($1, 'Oban', 'gone', 'default', now())`,
      [uuid],
    )
    const [{ id } = { id: '' }] = await database.query<{ id: string }>(
      `INSERT INTO oban_jobs (worker, state, attempt, attempted_at, attempted_by)
       VALUES ('Echo', 'executing', 1, now() - interval '1 hour',
               ARRAY['gone', $1]) RETURNING id`,
      [uuid],
    )
    const { told } = await startOban({
      database: url,
      workers: [workerModule],
      queues: { default: { limit: 1, execution: 'inline' } },
    })
    await told.ended(Number(id))

    expect(told.all('query.failed')).toEqual([])
  }, 60_000)

  test('leaves the indexes alone', async () => {
    const { url } = await node()
    const { runtime, told } = await startTree(url, { queues: {}, workers: [] })
    await told.until('peer.election')
    const { reindexer } = parseConfig({ reindexer: { indexes: ['oban_jobs_pkey'] } })
    if (reindexer === false) throw new Error('it is off')
    const end = new AbortController()
    const outcome = await reindex(runtime, { connectionString: url }, reindexer, end.signal)

    expect([outcome, told.all('query.failed')]).toEqual(['denied', []])
  })

  test('is named at the start, with each right that it lacks and what gives it', async () => {
    const { role, url } = await node()
    const needed = await database.query<{ table_name: string; privilege_type: string }>(
      `SELECT table_name, privilege_type FROM information_schema.role_table_grants
        WHERE grantee = '${role}' ORDER BY table_name, privilege_type`,
    )
    expect(needed).toHaveLength(15)
    for (const { table_name: table, privilege_type: right } of needed) {
      await database.query(`REVOKE ${right} ON ${table} FROM ${role}`)
      const { oban } = makeOban({ database: url })
      const grant = `GRANT ${right} ON "public"."${table}" TO "${role}";`

      await expect(oban.start()).rejects.toMatchObject({
        code: 'OBAN_RIGHTS_MISSING',
        role,
        missing: [`${right} on ${table}`],
        grants: [grant],
        message:
          `role "${role}" cannot run a node, as it lacks ${right} on ${table}. ` +
          `Let the owner of the tables run: ${grant}`,
      })
      await database.query(grant)
    }
    await startOban({ database: url })
  })

  test('without anything gets all the statements, and starts once they were run', async () => {
    const { role, url } = await makeRole(database.url)
    const { pathname } = new URL(url)
    await database.query(`GRANT CONNECT ON DATABASE ${pathname.slice(1)} TO ${role}`)
    const { oban } = makeOban({ database: url })
    const failure = await oban.start().then(
      () => undefined,
      (error: unknown) => error,
    )
    if (!(failure instanceof MissingRightsError)) throw new Error('it has started')
    expect(failure.missing).toEqual([
      'USAGE on schema "public"',
      'SELECT, INSERT, UPDATE, DELETE on oban_jobs',
      'SELECT, INSERT, UPDATE on oban_ts_crons',
      'SELECT, INSERT, UPDATE, DELETE on oban_ts_leaders',
      'SELECT, INSERT, UPDATE, DELETE on oban_ts_producers',
      'USAGE on oban_jobs_id_seq',
      'EXECUTE on pg_notify(text,text)',
    ])
    for (const grant of failure.grants) await database.query(grant)
    await oban.start()

    expect(oban.checkAllQueues()).toEqual([])
  })
})

describe('the role of a program that enqueues', () => {
  test('stores jobs and waits for them, and may not change or run any', async () => {
    const { url } = await enqueuer()
    const worker = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: { limit: 1, execution: 'inline' } },
    })
    const { oban } = makeOban({ database: url })
    const { id } = await oban.enqueue('Echo', { a: 1 })
    await oban.enqueue('Echo', { a: 2 }, { unique: { period: 60 } })
    await oban.enqueueMany([{ worker: 'Echo', args: {}, options: {} }])
    const job = await oban.waitForJob(id)

    expect(job).toMatchObject({ id, state: 'completed' })
    await expect(oban.cancelJob(id)).rejects.toThrow('permission denied for table oban_jobs')
    await expect(oban.deleteJob(id)).rejects.toThrow('permission denied for table oban_jobs')
    await expect(makeOban({ database: url }).oban.start()).rejects.toMatchObject({
      code: 'OBAN_RIGHTS_MISSING',
    })
    expect(worker.told.all('query.failed')).toEqual([])
  })
})

describe('the role of an operator who looks', () => {
  const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

  test.each([
    [['top', '--interval', '0.25']],
    [['top', '--json', '--interval', '0.25']],
    [['jobs']],
    [['jobs', 'show', '1']],
    [['jobs', 'count']],
    [['queues']],
    [['tree']],
  ])('sees what `oban %s` shows', async (args) => {
    const { url } = await viewer()
    const { told } = await startOban({ database: database.url, node: 'web-1' })
    await told.hears()
    await database.query(`INSERT INTO oban_jobs (id, worker) VALUES (1, 'Echo')`)
    const { code, stderr, stdout } = await startProgram([main, ...args], {
      env: { DATABASE_URL: url, NO_COLOR: '1' },
    }).ended

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/web-1|Echo|default|available/)
  })

  test('may not change what it sees', async () => {
    const { url } = await viewer()
    await database.query(`INSERT INTO oban_jobs (id, worker) VALUES (1, 'Echo')`)
    const { code, stderr } = await startProgram([main, 'jobs', 'cancel', '1', '--yes'], {
      env: { DATABASE_URL: url, NO_COLOR: '1' },
    }).ended

    expect([code, stderr]).toEqual([1, 'oban: permission denied for table oban_jobs\n'])
  })
})
