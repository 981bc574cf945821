import { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sendPrepared } from '../../src/engine/prepared.ts'
import { connectTo, useDatabase } from '../support/database.ts'

const database = useDatabase()

function connect() {
  return connectTo(database.url)
}

describe('a prepared statement', () => {
  test('has its columns on connections that never asked for them', async () => {
    const [first, second] = [await connect(), await connect()]
    const statement = {
      name: 'pair',
      text: 'SELECT $1::int AS b, $2::text AS "1"',
      values: [1, null],
    }
    const rows = [{ b: '1', 1: null }]

    expect(await sendPrepared(first, statement)).toEqual(rows)
    expect(await sendPrepared(second, statement)).toEqual(rows)
    expect(await sendPrepared(second, { ...statement, values: [2, 'x'] })).toEqual([
      { b: '2', 1: 'x' },
    ])
  })

  test('answers lists where they are asked for, with the columns in their order', async () => {
    const client = await connect()
    const text = 'SELECT $1::int AS b, NULL AS a, $1::int AS b'
    const statement = { name: 'lists', text, values: [1], rowMode: 'array' } as const

    expect(await sendPrepared(client, { ...statement, rowMode: undefined })).toEqual([
      { b: '1', a: null },
    ])
    expect(await sendPrepared(client, statement)).toEqual([['1', null, '1']])
    expect(await sendPrepared(client, statement)).toEqual([['1', null, '1']])
  })

  test('answers no row, once and again, where it asks for none', async () => {
    const client = await connect()
    const statement = { name: 'silent', text: "SET application_name = 'silent'", values: [] }

    expect(await sendPrepared(client, statement)).toEqual([])
    expect(await sendPrepared(client, statement)).toEqual([])
  })

  test.each([
    ['parsing', 'SELECT missing_column', [], '42703'],
    ['binding', 'SELECT $1::int', ['one'], '22P02'],
    ['executing', 'SELECT 1 / $1::int', [0], '22012'],
  ])('is refused at %s, and the connection serves the next', async (name, text, values, code) => {
    const client = await connect()
    const refused = { name, text, values }

    await expect(sendPrepared(client, refused)).rejects.toMatchObject({ code })
    await expect(sendPrepared(client, refused)).rejects.toMatchObject({ code })
    expect(
      await sendPrepared(client, { name: 'one', text: 'SELECT 1 AS one', values: [] }),
    ).toEqual([{ one: '1' }])
  })

  test('gives no rows of a statement that fails after the first of them', async () => {
    const client = await connect()
    const text = 'SELECT 1 / (3 - n) AS part FROM generate_series(1, $1::int) AS n'
    const send = (count: number) => sendPrepared(client, { name: 'parts', text, values: [count] })

    await expect(send(5)).rejects.toMatchObject({ code: '22012' })
    expect(await send(2)).toEqual([{ part: '0' }, { part: '1' }])
  })

  test('rejects once when its connection is lost in the middle', async () => {
    const client = await connect()
    client.on('error', () => {})
    const end = { name: 'end', text: 'SELECT pg_terminate_backend(pg_backend_pid())', values: [] }

    await expect(sendPrepared(client, end)).rejects.toMatchObject({ code: '57P01' })
    await expect(sendPrepared(client, end)).rejects.toThrow()
  })

  test('is given up when no answer comes in time', async () => {
    const client = new Client({ connectionString: database.url, query_timeout: 100 })
    await client.connect()
    onTestFinished(() => client.end())
    const sleep = { name: 'sleep', text: 'SELECT pg_sleep($1::float)', values: [0.3] }

    await expect(sendPrepared(client, sleep)).rejects.toThrow('Query read timeout')
  })
})
