import { propagation } from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { describe, expect, test } from 'vitest'
import { connectTo, useDatabase } from '../support/database.ts'
import { inRequest, startTraced } from '../support/otel.ts'

const database = useDatabase()

/** No job begins: what matters is what is stored. */
async function start() {
  const traced = await startTraced(database, { execution: 'inline' })
  await traced.oban.pauseQueue('default')
  const metas = async () => {
    const rows = await database.query<{ meta: Record<string, unknown> }>(
      'SELECT meta FROM oban_jobs ORDER BY id',
    )

    return rows.map(({ meta }) => meta)
  }

  return { ...traced, metas }
}

function memberOf({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }) {
  return { traceparent: `00-${traceId}-${spanId}-01` }
}

/** Unique by the whole of its meta. */
function requestFor(order: number) {
  const unique = { fields: ['meta'] } as const

  return { worker: 'Work', args: {}, options: { meta: { order }, unique } }
}

describe('the trace of a job', () => {
  test('is in its meta, beside what the caller puts there', async () => {
    const { enqueue, until, metas } = await start()
    const { result: job } = await inRequest(() =>
      enqueue('Work', {}, { meta: { tenant: 7, traceparent: 'of another job' } }),
    )
    const [sent] = await until('enqueue default')
    const meta = { tenant: 7, ...(sent && memberOf(sent)) }

    expect(await metas()).toEqual([meta])
    expect(job.meta).toEqual(meta)
  })

  test('is that of the one span of many jobs', async () => {
    const { oban, until, metas } = await start()
    const request = { worker: 'Work', args: {}, options: {} }
    await inRequest(() => oban.enqueueMany([request, request, request]))
    const [sent] = await until('enqueue default')
    const stored = await metas()

    expect(sent?.attributes).toMatchObject({
      'messaging.batch.message_count': 3,
      'oban.job.worker': 'Work',
    })
    expect(sent?.attributes).not.toHaveProperty(['messaging.message.id'])
    expect(stored).toEqual(stored.map(() => sent && memberOf(sent)))
    expect(stored).toHaveLength(3)
  })

  test('is named after no queue when the jobs of a call are for several', async () => {
    const { oban, until } = await start()
    const requests = ['default', 'media'].map((queue) => ({
      worker: 'Work',
      args: {},
      options: { queue },
    }))
    await oban.enqueueMany(requests)
    const [sent] = await until('enqueue')

    expect(sent?.attributes).not.toHaveProperty(['messaging.destination.name'])
  })

  test('is that of a span for each batch of a stream', async () => {
    const { oban, until, metas } = await start()
    const source = (function* () {
      for (let n = 0; n < 1_001; n += 1) yield { worker: 'Work', args: { n }, options: {} }
    })()
    const { traceId } = await inRequest(() => oban.enqueueMany(source))
    const sent = await until('enqueue default', {}, 2)

    expect(sent.map(({ attributes }) => attributes['messaging.batch.message_count'])).toEqual([
      1_000, 1,
    ])
    expect(sent.map((span) => span.traceId)).toEqual([traceId, traceId])
    expect((await metas()).at(-1)).toEqual(sent[1] && memberOf(sent[1]))
  })

  test.each(['COMMIT', 'ROLLBACK'])('rides in a transaction, which ends by %s', async (end) => {
    const { oban, until, metas } = await start()
    const client = await connectTo(database.url)
    await client.query('BEGIN')
    await inRequest(() => oban.enqueue('Work', {}, { client }))
    await client.query(end)
    const [sent] = await until('enqueue default')

    // The span says that it was enqueued; the transaction's own says what came of that.
    expect(await metas()).toEqual(end === 'COMMIT' && sent ? [memberOf(sent)] : [])
  })

  test('says what went wrong when nothing was stored', async () => {
    const { oban, until } = await start()
    const client = { query: () => Promise.reject(new RangeError('away')) }
    await expect(oban.enqueue('Work', {}, { client })).rejects.toThrow()
    const [sent] = await until('enqueue default')

    expect(sent).toMatchObject({
      exceptions: ['RangeError'],
      attributes: { 'error.type': 'RangeError' },
      status: { code: 2, message: 'away' },
    })
  })

  test('changes nothing about what a unique job is the same as', async () => {
    const { enqueue, until } = await start()
    const options = {
      meta: { order: 5 },
      unique: { fields: ['meta', 'worker'], period: 'infinity' },
    } as const
    const first = await inRequest(() => enqueue('Work', { n: 1 }, options))
    const second = await inRequest(() => enqueue('Work', { n: 2 }, options))
    const other = await enqueue('Work', { n: 3 }, { ...options, meta: { order: 6 } })
    const sent = await until('enqueue default', {}, 3)

    expect(second.result).toMatchObject({ id: first.result.id, conflict: true })
    expect(other.conflict).toBe(false)
    expect(sent.map(({ attributes }) => attributes['oban.job.conflict'])).toEqual([
      undefined,
      true,
      undefined,
    ])
    expect(sent[1]?.attributes).toMatchObject({
      'messaging.message.id': String(first.result.id),
    })
  })

  test('changes nothing about many unique jobs of one call either', async () => {
    const { oban } = await start()
    await inRequest(() => oban.enqueueMany([requestFor(1), requestFor(2)]))
    const again = await oban.enqueueMany([requestFor(1), requestFor(3), requestFor(3)])

    expect(again.map(({ conflict }) => conflict)).toEqual([true, false, true])
  })

  test('leaves a member alone that a unique job is compared by', async () => {
    const { enqueue, metas } = await start()
    const meta = { traceparent: 'mine' }
    await enqueue('Work', {}, { meta, unique: { fields: ['meta'], keys: ['traceparent'] } })

    expect(await metas()).toEqual([meta])
  })

  test('is written as the propagator of the program wants it', async () => {
    const { enqueue, metas } = await start()
    propagation.disable()
    propagation.setGlobalPropagator({
      inject: (_context, carrier, setter) => setter.set(carrier, 'b3', '0'),
      extract: (context) => context,
      fields: () => ['b3'],
    })
    await enqueue('Work')
    // Nobody knows that it is none of what is compared.
    await enqueue('Work', {}, { unique: { fields: ['meta'] } })

    expect(await metas()).toEqual([{ b3: '0' }, {}])
  })

  test('is not there when nothing is to be propagated', async () => {
    const { enqueue, metas } = await start()
    propagation.disable()
    propagation.setGlobalPropagator(new W3CBaggagePropagator())
    await enqueue('Work')

    expect(await metas()).toEqual([{}])
  })
})

test('a periodic job begins a trace of its own', async () => {
  const { result } = await inRequest(() =>
    startTraced(database, {
      execution: 'inline',
      more: { cron: { crontab: [{ expression: '@reboot', worker: 'Work' }] } },
    }),
  )
  const [sent] = await result.until('enqueue default')
  const [processed] = await result.until('process default')

  expect(sent?.parentSpanId).toBeUndefined()
  expect(processed).toMatchObject({ traceId: sent?.traceId, parentSpanId: sent?.spanId })
})
