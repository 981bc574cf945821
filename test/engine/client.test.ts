import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectClient, hidePassword } from '../../src/engine/client.ts'
import { createEmptyDatabase } from './empty-database.ts'

describe('client', () => {
  test.each([
    ['postgres://me:secret@host:5432/db', 'postgres://me:***@host:5432/db'],
    ['postgres://me:s#/e@c:r?t@host/db', 'postgres://me:***@host/db'],
    ['postgres://:secret@host/db', 'postgres://:***@host/db'],
    ['me:secret@host/db', 'me:***@host/db'],
    [
      'postgres://host/db?user=me&password=secret&x=1',
      'postgres://host/db?user=me&password=***&x=1',
    ],
    ['postgres://host/db?sslpassword=secret', 'postgres://host/db?sslpassword=***'],
    ['postgres://me@host:5432/db', 'postgres://me@host:5432/db'],
    ['postgres://host:5432/db', 'postgres://host:5432/db'],
  ])('shows %s as %s', (url, shown) => {
    expect(hidePassword(url)).toBe(shown)
  })
  test('gives up on a server that never answers', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined

    await expect(
      connectClient(`postgres://me:secret@127.0.0.1:${port}/x`, { role: 'test', timeoutMs: 20 }),
    ).rejects.toMatchObject({
      code: 'OBAN_DATABASE_UNREACHABLE',
      url: `postgres://me:***@127.0.0.1:${port}/x`,
    })
  })

  test('shows what its connection is for', async () => {
    const { url } = await createEmptyDatabase()
    const client = await connectClient(url, { role: 'test' })
    const { rows } = await client.query('SHOW application_name')
    await client.end()

    expect(rows).toEqual([{ application_name: 'oban-ts:test' }])
  })
})
