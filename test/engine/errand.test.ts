import { describe, expect, test } from 'vitest'
import { asTransaction, errand } from '../../src/engine/errand.ts'
import type { Db } from '../../src/engine/query.ts'
import { useDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { startStopStress } from '../support/start-stop.ts'

const database = useDatabase()

const options = (signal = new AbortController().signal, url = database.url) => ({
  role: 'errand',
  connect: { connectionString: url },
  prefix: 'public',
  timeoutMs: 2_000,
  signal,
})

const ask = async ({ client }: Db) => (await client.query({ text: 'SELECT 1 AS one' })).rows
const wait = ({ client }: Db) => client.query({ text: 'SELECT pg_sleep(10)' })

const store = (what: string) => ({ text: `INSERT INTO once VALUES ('${what}')` })

describe('an errand', () => {
  test('has a connection of its own that is closed after it', async () => {
    await startStopStress(async () => {
      expect(await errand(options(), ask)).toEqual([{ one: 1 }])

      return () => Promise.resolve()
    }, 5)
  })

  test('rejects with what went wrong, and closes the connection too', async () => {
    await startStopStress(async () => {
      const wrong = errand(options(), ({ client }) => client.query({ text: 'SELECT nothing' }))
      await expect(wrong).rejects.toMatchObject({ code: '42703' })

      return () => Promise.resolve()
    }, 5)
  })

  test('ends at once with the reason of its signal, whatever is under way', async () => {
    const end = new AbortController()
    const waiting = errand(options(end.signal), wait)
    const reason = new Error('nobody waits any longer')
    const startedAt = performance.now()
    setImmediate(() => end.abort(reason))

    await expect(waiting).rejects.toBe(reason)
    expect(performance.now() - startedAt).toBeLessThan(500)
  })

  test('ends at once while it connects to a server that is silent', async () => {
    const proxy = await startProxy(database.url)
    proxy.swallow()
    const end = new AbortController()
    const waiting = errand(options(end.signal, proxy.url), ask)
    const startedAt = performance.now()
    setImmediate(() => end.abort(new Error('enough')))

    await expect(waiting).rejects.toThrow('enough')
    expect(performance.now() - startedAt).toBeLessThan(500)
    await proxy.emptied()
  })

  test('does not go on with a transaction on another session', async () => {
    await database.query('CREATE TABLE once (what text)')
    const outcome = await errand(options(), (db) =>
      asTransaction(db, async ({ client: held }, client) => {
        const { rows } = await held.query({ text: 'SELECT pg_backend_pid() AS pid' })
        await held.query(store('on the first session'))
        await database.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
        // The first to be sent learns of the end.
        await Promise.allSettled([held.query(store('in vain'))])

        return Promise.allSettled([
          held.query(store('by a statement of ours')),
          client.query(store('by one of a user').text, []),
        ])
      }),
    ).catch(String)

    expect(outcome).toBe('Error: the errand connection was lost')
    expect(await database.query('SELECT what FROM once')).toEqual([])
  })

  test('does not begin when its signal has aborted', async () => {
    const begun: Db[] = []
    const late = errand(options(AbortSignal.abort('late')), async (db) => begun.push(db))

    await expect(late).rejects.toBe('late')
    expect(begun).toEqual([])
  })
})
