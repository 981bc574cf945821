import { describe, expect, onTestFinished, test } from 'vitest'
import { openConnections } from '../../src/engine/connections.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()

describe('the connections', () => {
  test('make a heartbeat wait for the disk and for no replica, whatever the default is', async () => {
    const url = new URL(database.url)
    url.searchParams.set('options', '-c synchronous_commit=off')
    const connections = openConnections({
      connect: { connectionString: url.href },
      prefix: 'public',
    })
    onTestFinished(() => connections.close())
    const settings = [connections.beat, connections.ack].map(({ client }) =>
      client.query({ text: 'SHOW synchronous_commit' }),
    )
    const shown = await Promise.all(settings)

    expect(shown.map(({ rows }) => rows)).toEqual([
      [{ synchronous_commit: 'local' }],
      [{ synchronous_commit: 'off' }],
    ])
  })

  test('commit claims and staging as they are told, and the rest as the database says', async () => {
    const connections = openConnections({
      connect: { connectionString: database.url },
      prefix: 'public',
      synchronousCommit: { fetch: 'off', stage: 'local' },
    })
    onTestFinished(() => connections.close())
    const settings = [connections.fetch, connections.stage, connections.ack].map(({ client }) =>
      client.query({ text: 'SHOW synchronous_commit' }),
    )
    const shown = await Promise.all(settings)

    expect(shown.map(({ rows }) => rows)).toEqual([
      [{ synchronous_commit: 'off' }],
      [{ synchronous_commit: 'local' }],
      [{ synchronous_commit: 'on' }],
    ])
  })
})
