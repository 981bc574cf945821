import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Connection } from '../../src/engine/connection.ts'
import { NoAnswerError } from '../../src/engine/refusal.ts'
import { useDatabase } from '../support/database.ts'
import { settled } from '../support/effect.ts'

const database = useDatabase()

function open(timeoutMs = 5_000, url = database.url): Connection {
  const connect = { connectionString: url }
  const connection = new Connection({ role: 'test', connect, timeoutMs })
  onTestFinished(() => connection.close())

  return connection
}

/** What a server says to let one in without a password: that it may come in, and that it is its turn. */
const LET_IN = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1')

async function startServer(serve: (socket: Socket) => void): Promise<number | undefined> {
  const server = createServer(serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()

  return typeof address === 'object' ? address?.port : undefined
}

describe('connection', () => {
  test('answers concurrent queries in order, without a warning of the driver', async () => {
    const connection = open()
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))

    const answers = await Promise.all(
      [1, 2, 3].map((number) => connection.query({ text: `SELECT ${number} AS number` })),
    )

    expect(answers.map(({ rows }) => rows)).toEqual([1, 2, 3].map((number) => [{ number }]))
    expect(warnings).toEqual([])
  })

  test('sees what others committed while it waited, whatever the default of the database is', async () => {
    const serializable = '?options=-c%20default_transaction_isolation%3Dserializable'
    const connection = open(5_000, `${database.url}${serializable}`)
    const { rows } = await connection.query({ text: 'SHOW transaction_isolation' })

    expect(rows).toEqual([{ transaction_isolation: 'read committed' }])
  })

  test('sends prepared statements though the options of a pool ask for pipelines', async () => {
    const connect = { connectionString: database.url, pipeline: true }
    const connection = new Connection({ role: 'test', connect, timeoutMs: 5_000 })
    onTestFinished(() => connection.close())
    const { rows } = await connection.query({ name: 'two', text: 'SELECT 2 AS two', values: [] })

    expect(rows).toEqual([{ two: '2' }])
  })

  test('goes on after a query that PostgreSQL refuses', async () => {
    const connection = open()

    const [refused, answered] = await Promise.allSettled([
      connection.query({ text: 'SELECT 1 / 0' }),
      connection.query({ text: 'SELECT 1 AS one' }),
    ])

    expect(refused).toMatchObject({ status: 'rejected', reason: { code: '22012' } })
    expect(answered).toMatchObject({ status: 'fulfilled', value: { rows: [{ one: 1 }] } })
  })

  test('prepares a statement anew when the columns that it gives have changed', async () => {
    await database.query('CREATE TABLE shifting (id integer)')
    const connection = open()
    const all = { name: 'shifting', text: 'SELECT id FROM shifting' }
    await connection.query(all)
    await database.query('ALTER TABLE shifting ALTER COLUMN id TYPE bigint')

    await expect(connection.query(all)).rejects.toMatchObject({ code: '0A000' })
    expect(await connection.query(all)).toEqual({ rows: [] })
  })

  test('fails what waits behind a query without an answer, and opens again', async () => {
    const connection = open(200)

    const results = await Promise.allSettled([
      connection.query({ text: 'SET statement_timeout = 0' }),
      connection.query({ text: 'SELECT pg_sleep(1)' }),
      connection.query({ text: 'SELECT 2' }),
    ])
    const again = await connection.query({ text: 'SELECT 3 AS three' })

    expect(results).toEqual([
      expect.objectContaining({ status: 'fulfilled' }),
      { status: 'rejected', reason: new NoAnswerError(200) },
      { status: 'rejected', reason: new Error('the test connection was lost') },
    ])
    expect(again.rows).toEqual([{ three: 3 }])
  })

  test('waits as long as it says, whatever the options of a pool say', async () => {
    const connect = { connectionString: database.url, query_timeout: 50 }
    const connection = new Connection({ role: 'test', connect, timeoutMs: 5_000 })
    onTestFinished(() => connection.close())
    const { rows } = await connection.query({ text: "SELECT pg_sleep(0.2), 'slept' AS what" })

    expect(rows).toMatchObject([{ what: 'slept' }])
  })

  test('gives up a server that lets it in and then says nothing, as a full pooler does', async () => {
    const port = await startServer((socket) => {
      socket.once('data', () => socket.write(LET_IN))
    })
    const connection = open(200, `postgres://me@127.0.0.1:${port}/x`)

    await expect(connection.query({ text: 'SELECT 1' })).rejects.toThrow(new NoAnswerError(200))
  })

  test('opens again after a server that refused it', async () => {
    const role = `oban_test_${randomBytes(4).toString('hex')}`
    const url = new URL(database.url)
    url.username = role
    url.password = 'secret'
    const connection = open(5_000, url.href)

    await expect(connection.query({ text: 'SELECT 1' })).rejects.toMatchObject({
      code: expect.stringMatching(/^28/),
    })
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
    onTestFinished(async () => {
      await connection.close()
      await database.query(`DROP ROLE ${role}`)
    })
    const { rows } = await connection.query({ text: 'SELECT current_user::text AS name' })

    expect(rows).toEqual([{ name: role }])
  })

  test('opens again after the server ended it', async () => {
    const connection = open()
    const me = { text: 'SELECT pg_backend_pid() AS pid' }
    const [before] = (await connection.query(me)).rows

    await expect(
      connection.query({ text: 'SELECT pg_terminate_backend(pg_backend_pid())' }),
    ).rejects.toMatchObject({ code: '57P01' })
    const [after] = (await connection.query(me)).rows

    expect(after.pid).not.toBe(before.pid)
  })

  test('says what it is for, and bounds what the server does for it', async () => {
    const connection = open(1_234)
    const { rows } = await connection.query({
      text: `SELECT current_setting('application_name') AS name,
                    current_setting('statement_timeout') AS timeout`,
    })

    expect(rows).toEqual([{ name: 'oban-ts:test', timeout: '1234ms' }])
  })

  test('is closed for good, with what is under way', async () => {
    const connection = open()
    await connection.query({ text: 'SELECT 1' })
    const running = connection.query({ text: 'SELECT pg_sleep(60)' })
    const waiting = connection.query({ text: 'SELECT 1' })
    const [closed, ...lost] = await Promise.allSettled([connection.close(), running, waiting])

    expect([closed, ...lost].map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ])
    await connection.close()
    await expect(connection.query({ text: 'SELECT 1' })).rejects.toThrow(
      'the test connection was closed',
    )
  })

  test('is closed while it opens, and before it was ever used', async () => {
    await open().close()
    const connection = open()
    const [query, closed] = await Promise.allSettled([
      connection.query({ text: 'SELECT 1' }),
      connection.close(),
    ])

    expect([query.status, closed.status]).toEqual(['rejected', 'fulfilled'])
  })

  test('is closed at any moment of its opening, and leaves no query waiting', async () => {
    const opening = { isOver: false }
    const opened = open()
      .query({ text: 'SELECT 1' })
      .finally(() => Object.assign(opening, { isOver: true }))
    let turns = 0
    for (; !opening.isOver; turns += 1) await settled()
    await opened
    // The turns of an opening are many on a busy machine: a sample of them.
    const step = Math.ceil(turns / 20)
    for (let turn = 0; turn <= turns; turn += step) {
      const connection = open()
      const query = connection.query({ text: 'SELECT 1' })
      for (let past = 0; past < turn; past += 1) await settled()
      const [, closed] = await Promise.allSettled([query, connection.close()])
      expect([turn, closed.status]).toEqual([turn, 'fulfilled'])
    }
  })

  test('is closed while the server does not answer', async () => {
    const reached = new EventEmitter()
    const port = await startServer(() => reached.emit('once'))
    const connection = open(5_000, `postgres://me@127.0.0.1:${port}/x`)
    const query = connection.query({ text: 'SELECT 1' })
    await once(reached, 'once')
    const [refused, closed] = await Promise.allSettled([query, connection.close()])

    expect([refused.status, closed.status]).toEqual(['rejected', 'fulfilled'])
  })
})
