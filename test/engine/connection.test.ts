import { describe, expect, onTestFinished, test } from 'vitest'
import { Connection } from '../../src/engine/connection.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()

function open(timeoutMs = 5_000): Connection {
  const connect = { connectionString: database.url }
  const connection = new Connection({ role: 'test', connect, timeoutMs })
  onTestFinished(() => connection.close())

  return connection
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

  test('goes on after a query that PostgreSQL refuses', async () => {
    const connection = open()

    const [refused, answered] = await Promise.allSettled([
      connection.query({ text: 'SELECT 1 / 0' }),
      connection.query({ text: 'SELECT 1 AS one' }),
    ])

    expect(refused).toMatchObject({ status: 'rejected', reason: { code: '22012' } })
    expect(answered).toMatchObject({ status: 'fulfilled', value: { rows: [{ one: 1 }] } })
  })

  test('fails what waits behind a query without an answer, and opens again', async () => {
    const connection = open(200)

    const results = await Promise.allSettled([
      connection.query({ text: 'SET statement_timeout = 0' }),
      connection.query({ text: 'SELECT pg_sleep(1)' }),
      connection.query({ text: 'SELECT 2' }),
    ])
    const again = await connection.query({ text: 'SELECT 3 AS three' })

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(again.rows).toEqual([{ three: 3 }])
  })
})
