import { describe, expect, onTestFinished, test } from 'vitest'
import { queryValues } from '../embedded/query-values.ts'
import { startPrivateServer, type PrivateServerOptions } from './server.ts'

async function startServer(options?: PrivateServerOptions) {
  const server = await startPrivateServer(options)
  onTestFinished(server.remove)
  await queryValues(server.url, 'CREATE TABLE kept AS SELECT 7 AS id')

  return server
}

describe('a private server', () => {
  test('keeps URL and data over a kill and restarts', async () => {
    const server = await startServer({ fsync: true })
    await server.kill9()
    await expect(queryValues(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    await server.start()
    expect(await queryValues(server.url, 'SELECT id FROM kept')).toEqual([7])

    await server.restart('fast')
    await server.restart('immediate')
    expect(await queryValues(server.url, 'SELECT id FROM kept')).toEqual([7])
    expect(await queryValues(server.url, 'SHOW fsync')).toEqual(['on'])
  })

  test('is down between stop and start', async () => {
    const server = await startServer()
    await server.stop()
    await expect(queryValues(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    await server.start()
    expect(await queryValues(server.url, 'SHOW fsync')).toEqual(['off'])
  })
})
