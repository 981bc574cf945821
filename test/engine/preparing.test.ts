import { Pool } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { preparing } from '../../src/engine/preparing.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'

const database = useDatabase()

const PREPARED = 'SELECT name FROM pg_prepared_statements'

/** A pool with one connection, so that who asks meets what the others have left. */
function onePool(): Pool {
  const pool = new Pool({ connectionString: database.url, max: 1 })
  onTestFinished(() => pool.end())

  return pool
}

describe('a statement of a pool of our own', () => {
  test('is prepared once', async () => {
    const pool = onePool()
    const client = preparing(pool)
    await client.query('SELECT $1::text AS word', ['a'])
    const answer = await client.query('SELECT $1::text AS word', ['b'])

    expect(answer).toMatchObject({ rows: [{ word: 'b' }] })
    expect((await pool.query(PREPARED)).rows).toEqual([{ name: expect.stringMatching(/^oban_/) }])
  })

  test('is sent as it is where its name is unknown', async () => {
    const pool = onePool()
    const client = preparing(pool)
    await client.query('SELECT $1::text AS word', ['a'])
    await pool.query('DEALLOCATE ALL')

    expect(await client.query('SELECT $1::text AS word', ['b'])).toMatchObject({
      rows: [{ word: 'b' }],
    })
  })

  test('is sent again after the server could not be reached', async () => {
    const pool = onePool()
    const connect = pool.connect.bind(pool)
    const outage = new Error('connection refused')
    pool.connect = () => Promise.reject(outage)
    const client = preparing(pool)
    await expect(client.query('SELECT 1', [])).rejects.toBe(outage)
    pool.connect = connect

    expect(await client.query('SELECT 1 AS one', [])).toMatchObject({ rows: [{ one: 1 }] })
  })

  test('is sent again after the first connection was lost before it', async () => {
    const pool = onePool()
    const loss = new Error('connection reset')
    pool.once('connect', (connected) => {
      const query = connected.query.bind(connected)
      const lose = () => {
        const answer = query('SELECT pg_sleep(10)')
        connected.connection.stream.destroy(loss)

        return answer
      }
      Object.assign(connected, { query: lose })
    })
    const client = preparing(pool)
    await expect(client.query('SELECT 1', [])).rejects.toBe(loss)

    expect(await client.query('SELECT 1 AS one', [])).toMatchObject({ rows: [{ one: 1 }] })
  })

  test('that PostgreSQL refuses raises no question about poolers', async () => {
    const pool = onePool()
    const client = preparing(pool)
    await expect(client.query('SELECT 1 / $1::int', ['0'])).rejects.toMatchObject({ code: '22012' })
    const acquired: unknown[] = []
    pool.on('acquire', (acquiredClient) => acquired.push(acquiredClient))
    await client.query('SELECT 1 / $1::int', ['1'])

    expect(acquired).toHaveLength(1)
  })
})

test("a user's pool keeps none of our statements", async () => {
  const pool = onePool()
  const { oban } = makeOban({ database: { pool } })
  await oban.enqueue('Nobody', {}, { queue: 'nowhere' })

  expect((await pool.query(PREPARED)).rows).toEqual([])
})
