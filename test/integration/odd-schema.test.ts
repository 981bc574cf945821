/** Schemas whose names have to be quoted: in every statement, and on every channel. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { untilSeen } from '../support/seen.ts'

const database = useDatabase()

test.each(['select', 'with-dash', `quo"te'd \\ $1`, 'Ünïcode'])(
  'a node of the schema %s stages, hears, cancels, prunes, rescues and stops as any other',
  async (prefix) => {
    const client = await database.pool.connect()
    await install(client, { prefix })
    client.release()
    const jobs = `"${prefix.replaceAll('"', '""')}".oban_jobs`
    const dead = randomUUID()
    await database.query(
      `INSERT INTO ${jobs.replace(/oban_jobs$/, 'oban_ts_producers')} (uuid, name, node, queue, dead_at)
       VALUES ($1, 'Oban', 'gone', 'default', now())`,
      [dead],
    )
    await database.query(
      `INSERT INTO ${jobs} (worker, state, attempt, attempted_by, scheduled_at, completed_at)
       VALUES ('Echo', 'executing', 1, ARRAY['gone', $1], now(), NULL),
              ('Echo', 'scheduled', 0, '{}', now(), NULL),
              ('Echo', 'completed', 1, '{}', '2020-01-01', '2020-01-01')`,
      [dead],
    )
    const { oban, told } = await startOban({
      database: database.url,
      prefix,
      workers: [workerModule],
      queues: { default: 2 },
      pruner: { interval: { milliseconds: 50 } },
      cron: { crontab: [{ expression: '@reboot', worker: 'Snooze', args: { seconds: 60 } }] },
    })
    await Promise.all([told.ended(1), told.ended(2)])
    await told.until('pruner.prune', ({ completed }) => completed === 1)
    await told.until('cron.insert')
    await told.hears()

    const { oban: other } = makeOban({ database: database.url, name: oban.name, prefix })
    const unique = { unique: { period: 'infinity' as const } }
    const first = await other.enqueue('Wait', {}, unique)
    expect(await other.enqueue('Wait', {}, unique)).toMatchObject({ id: first.id, conflict: true })
    await told.until('job.log', ({ fields }) => fields['id'] === first.id)
    await other.cancelJob(first.id)
    await told.until('job.log', ({ fields }) => fields['code'] === 'OBAN_CANCELLED')
    await other.pauseQueue('default')
    await untilSeen(oban, () => oban.checkQueue('default')?.paused === true)
    await other.resumeQueue('default')
    const last = await other.enqueue('Echo', {})
    expect(await other.waitForJob(last.id)).toMatchObject({ state: 'completed' })
    await oban.stop()

    const rows = await database.query(
      `SELECT worker, state, attempt, count(*)::int FROM ${jobs} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    )
    expect(rows).toEqual([
      { worker: 'Echo', state: 'completed', attempt: 1, count: 2 },
      { worker: 'Echo', state: 'completed', attempt: 2, count: 1 },
      { worker: 'Snooze', state: 'scheduled', attempt: 0, count: 1 },
      { worker: 'Wait', state: 'cancelled', attempt: 1, count: 1 },
    ])
    expect(told.all('query.failed')).toEqual([])
  },
)
