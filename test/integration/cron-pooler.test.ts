/** Periodic jobs through a PgBouncer in transaction mode, where a transaction is all that one has. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'
import { missing, startPooler, type Pooler } from '../support/pgbouncer.ts'

const database = useDatabase()
let pooler: Pooler | undefined

const missed = missing === undefined ? '' : ` (skipped: ${missing})`

describe.skipIf(missing !== undefined)(`behind a pooler${missed}`, () => {
  beforeAll(async () => {
    pooler = await startPooler(inject('serverUrl'), { mode: 'transaction' })
  })
  afterAll(() => pooler?.stop())

  test('three nodes insert one job between them', async () => {
    const options = {
      database: pooler?.through(database.url) ?? '',
      name: 'CronPooled',
      cron: { crontab: [{ expression: '@reboot', worker: 'It`s $1 "quoted"', args: { a: "'" } }] },
    }
    const nodes = await Promise.all(
      ['one', 'two', 'three'].map((node) => startOban({ ...options, node })),
    )
    await Promise.any(nodes.map(({ told }) => told.until('cron.insert')))
    await Promise.all(nodes.map(({ oban }) => oban.stop()))
    const jobs = await database.query<{ at: string; args: unknown }>(
      `SELECT meta ->> 'cron_at' AS at, args FROM oban_jobs`,
    )

    // Two, when a minute has begun between the starts.
    expect(new Set(jobs.map(({ at }) => at)).size).toBe(jobs.length)
    expect(jobs[0]?.args).toEqual({ a: "'" })
    const failures = nodes.flatMap(({ told }) => told.all('query.failed'))
    expect(failures.filter(({ source }) => source === 'cron')).toEqual([])
  })
})
