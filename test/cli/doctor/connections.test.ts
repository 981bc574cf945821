import { Client } from 'pg'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import {
  connections,
  notificationQueue,
  notifications,
} from '../../../src/cli/doctor/connections.ts'
import { examine } from '../../../src/cli/doctor/examination.ts'
import { describeSchema } from '../../../src/engine/schema.ts'
import { useDatabase } from '../../support/database.ts'
import { missing, startPooler } from '../../support/pgbouncer.ts'
import { examined } from './examined.ts'

const database = useDatabase()

async function place() {
  const db = { client: database.pool, prefix: 'public', named: false }

  return { prefix: 'public', schema: await describeSchema(db) }
}

const facts = {
  most: 100,
  reserved: 3,
  used: 10,
  ours: 6,
  roleLimit: -1,
  databaseLimit: -1,
  queueUsage: 0,
  nodes: 1,
}

describe('connections', () => {
  test('are counted, with those that nodes may open', async () => {
    const where = await place()
    const judge = (some: Partial<typeof facts>) => connections.judge({ ...facts, ...some }, where)

    expect(judge({})).toMatchObject({
      result: 'ok',
      found: '10 of 97 are used, 6 of them by oban-ts; 1 node may open 17 (7 + a pool of 10 each)',
    })
    expect(judge({ nodes: 7 }).result).toBe('warning')
    expect(judge({ used: 80 }).result).toBe('warning')
    expect(judge({ used: 96 }).result).toBe('problem')
    expect(judge({ roleLimit: 10 }).result).toBe('problem')
    expect(judge({ databaseLimit: 12 }).result).toBe('warning')
  })

  test('fill the queue of notifications when one listens and forgets to end', async () => {
    const where = await place()
    const judge = (queueUsage: number) => notificationQueue.judge({ ...facts, queueUsage }, where)

    expect(judge(0.2).result).toBe('warning')
    expect(judge(0.6)).toMatchObject({ result: 'problem', found: '60 % full' })
  })

  test('hear what they notify', async () => {
    const found = await examined(database.url)

    for (const id of ['connections', 'pooler', 'notifications', 'notification-queue']) {
      expect(found.of(id).result).toBe('ok')
    }
    const deaf = { portraits: [], fromMs: 0, toMs: 0, isPooled: false, outcome: 'deaf' } as const
    expect(notifications.judge(deaf, await place()).result).toBe('problem')
  })
})

describe.skipIf(missing)('through a pooler', () => {
  test('in transaction mode nothing is heard, unless the listener is let past', async () => {
    const pooler = await startPooler(inject('serverUrl'), { mode: 'transaction', size: 3 })
    onTestFinished(() => pooler.stop())
    const url = pooler.through(database.url)
    const found = await examined(url)

    expect(found.of('pooler').result).toBe('warning')
    expect(found.of('notifications')).toMatchObject({
      result: 'warning',
      found: 'do not arrive through the pooler',
    })
    expect(found.of('timeouts').found).toBe('none is set')
    expect(found.with('problem')).toEqual([])
    const { findings } = await examine({
      connect: { connectionString: url },
      listen: { connectionString: database.url },
      prefix: 'public',
    })
    const resultOf = (id: string) => findings.find((finding) => finding.id === id)?.result
    expect([resultOf('pooler'), resultOf('notifications')]).toEqual(['note', 'ok'])
  }, 60_000)

  test('nothing of the examination stays behind', async () => {
    const pooler = await startPooler(inject('serverUrl'), { mode: 'transaction', size: 2 })
    onTestFinished(() => pooler.stop())
    await examined(pooler.through(database.url))
    const client = new Client({ connectionString: pooler.through(database.url) })
    await client.connect()
    onTestFinished(() => client.end())
    const { rows } = await client.query(`
      SELECT current_setting('default_transaction_read_only') AS readonly,
             current_setting('statement_timeout') AS timeout`)

    expect(rows).toEqual([{ readonly: 'off', timeout: '0' }])
  }, 60_000)

  test('in session mode all is heard', async () => {
    const pooler = await startPooler(inject('serverUrl'), { mode: 'session' })
    onTestFinished(() => pooler.stop())
    const found = await examined(pooler.through(database.url))

    expect(found.of('pooler').result).toBe('note')
    expect(found.of('notifications').result).toBe('ok')
  }, 60_000)
})
