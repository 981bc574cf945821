import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { forkProgram } from '../support/forked.ts'
import { inRequest, type Place, startTraced } from '../support/otel.ts'

const database = useDatabase()

const start = (place?: Place) => startTraced(database, place)

describe('a job of a thread', () => {
  test('has its spans in the trace of the request that enqueued it', async () => {
    const { oban, until, enqueue, told } = await start()
    const { result: job, spanId, traceId } = await inRequest(() => enqueue('Work', { key: 'k' }))
    const [sent] = await until('enqueue default')
    const [processed] = await until('process default')
    const [body] = await until('resize')
    await told.ended(job.id)

    expect(sent).toMatchObject({ traceId, parentSpanId: spanId, kind: SpanKind.PRODUCER })
    expect(processed).toMatchObject({
      traceId,
      parentSpanId: sent?.spanId,
      links: [sent?.spanId],
      kind: SpanKind.CONSUMER,
      threadId: expect.not.toSatisfy((id) => id === 0),
      status: { code: SpanStatusCode.UNSET },
    })
    expect(body).toMatchObject({ traceId, parentSpanId: processed?.spanId })
    expect((await oban.getJob(job.id))?.recorded).toBe(traceId)
    expect(sent?.attributes).toEqual({
      'messaging.system': 'oban',
      'messaging.operation.name': 'enqueue',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'default',
      'messaging.message.id': String(job.id),
      'oban.instance': oban.name,
      'oban.job.worker': 'Work',
    })
    expect(processed?.attributes).toEqual({
      'messaging.system': 'oban',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'default',
      'messaging.message.id': String(job.id),
      'oban.instance': oban.name,
      'oban.node': expect.any(String),
      'oban.job.worker': 'Work',
      'oban.job.attempt': 1,
      'oban.job.max_attempts': 20,
      'oban.job.priority': 0,
      'oban.job.outcome': 'success',
      'app.key': 'k',
    })
  })

  test('has them in the trace of another process that enqueued it', async () => {
    const { until } = await start()
    // The job may have ended before its program has told of it.
    const told = new Promise<string>((resolve) => {
      forkProgram({
        program: 'otel-enqueue.mjs',
        input: { database: database.url },
        isTold: (message): message is { readonly traceId: string } =>
          typeof message === 'object' && message !== null && 'traceId' in message,
        onTold: ({ traceId }) => {
          resolve(traceId)
        },
      })
    })
    const traceId = await told
    const [body] = await until('resize')
    const [processed] = await until('process default', { 'app.key': 'elsewhere' })

    expect(processed?.traceId).toBe(traceId)
    expect(body).toMatchObject({ traceId, parentSpanId: processed?.spanId })
  })

  test('continues the trace by what it enqueues itself, one and many', async () => {
    const { oban, until, enqueue } = await start()
    const args = { left: 1, instance: oban.name }
    const { result: job, traceId } = await inRequest(() => enqueue('Parent', args))
    const [first] = await until('process default', { 'messaging.message.id': String(job.id) })
    const processes = await until('process default', {}, 4)
    const enqueues = await until('enqueue default', {}, 3)
    const inside = enqueues.filter(({ threadId }) => threadId !== 0)
    const many = inside.find(({ attributes }) => attributes['messaging.batch.message_count'] === 2)

    expect(new Set([...processes, ...enqueues].map((span) => span.traceId))).toEqual(
      new Set([traceId]),
    )
    expect(inside.map(({ parentSpanId }) => parentSpanId)).toEqual([first?.spanId, first?.spanId])
    const works = processes.filter(({ attributes }) => attributes['oban.job.worker'] === 'Work')
    expect(works.map(({ parentSpanId }) => parentSpanId)).toEqual([many?.spanId, many?.spanId])
  })

  test('that ends its thread has its span all the same, and one only', async () => {
    const { until, enqueue, told, spans } = await start()
    const { result, traceId } = await inRequest(() => enqueue('Crash', {}, { maxAttempts: 1 }))
    const [crashed] = await until('process default', { 'oban.job.outcome': 'discard' })
    await told.ended(result.id)

    expect(crashed).toMatchObject({
      traceId,
      exceptions: ['JobCrashError'],
      attributes: { 'error.type': 'JobCrashError' },
      status: { code: SpanStatusCode.ERROR },
    })
    expect(spans.filter(({ name }) => name === 'process default')).toHaveLength(1)
  })

  test('that is ended by force has its span from the main thread', async () => {
    const { until, enqueue } = await start()
    const { result: job, traceId } = await inRequest(() => enqueue('Spin', {}, { maxAttempts: 1 }))
    const [spun] = await until('process default')
    const length = (spun?.endTime[0] ?? 0) - (spun?.startTime[0] ?? 0)

    expect(spun).toMatchObject({
      traceId,
      threadId: 0,
      exceptions: ['JobTimeoutError'],
      attributes: { 'messaging.message.id': String(job.id), 'oban.job.outcome': 'discard' },
    })
    expect(length).toBeGreaterThanOrEqual(1)
  })

  test('has its spans from the main thread where threads have no SDK', async () => {
    const { until, enqueue, spans, told } = await start({ isPreloaded: false })
    const { result: job, traceId } = await inRequest(() => enqueue('Work'))
    const [processed] = await until('process default')
    await told.ended(job.id)

    expect(processed).toMatchObject({ traceId, threadId: 0, parentSpanId: spans[0]?.spanId })
    expect(spans.map(({ name }) => name)).toEqual([
      'enqueue default',
      'POST /uploads',
      'process default',
    ])
  })

  test('enqueues with a span of the main thread where threads have no SDK', async () => {
    const { oban, until, enqueue } = await start({ isPreloaded: false })
    await enqueue('Parent', { left: 1, instance: oban.name })
    const enqueues = await until('enqueue default', {}, 3)
    const processes = await until('process default', {}, 4)

    expect(enqueues.map(({ threadId }) => threadId)).toEqual([0, 0, 0])
    const parents = new Set(processes.map(({ parentSpanId }) => parentSpanId))
    expect(parents).toEqual(new Set(enqueues.map(({ spanId }) => spanId)))
  })
})

describe('an attempt', () => {
  test.each(['inline', 'threads'] as const)(
    'has a span each time it is made (%s)',
    async (place) => {
      const { until, enqueue } = await start({ execution: place })
      const { traceId } = await inRequest(() => enqueue('Flaky', { attempts: 3 }))
      const attempts = await until('process default', {}, 3)

      expect(attempts.map((span) => span.traceId)).toEqual([traceId, traceId, traceId])
      expect(attempts.map(({ attributes }) => attributes['oban.job.attempt'])).toEqual([1, 2, 3])
      expect(attempts.map(({ attributes }) => attributes['oban.job.outcome'])).toEqual([
        'failure',
        'failure',
        'success',
      ])
      expect(attempts.map(({ exceptions }) => exceptions)).toEqual([
        ['RangeError'],
        ['RangeError'],
        [],
      ])
    },
  )

  test.each(['inline', 'threads'] as const)('that fails says with what (%s)', async (place) => {
    const { until, enqueue } = await start({ execution: place })
    await enqueue('Broken', {}, { maxAttempts: 1 })
    const [broken] = await until('process default')

    expect(broken).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'no such image' },
      attributes: { 'error.type': 'TypeError', 'oban.job.outcome': 'discard' },
      exceptions: ['TypeError'],
    })
  })

  test.each([
    ['Cancelling', 'cancelled'],
    ['Snoozing', 'snoozed'],
  ])('of %s has not failed', async (worker, outcome) => {
    const { until, enqueue } = await start({ execution: 'inline' })
    await enqueue(worker)
    const [ended] = await until('process default')

    expect(ended).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'oban.job.outcome': outcome },
      exceptions: [],
    })
  })

  test('whose job was cancelled while it ran has not failed', async () => {
    const { oban, until, enqueue, told } = await start()
    const job = await enqueue('Waiting')
    await told.until('job.log', ({ message }) => message === 'begun')
    await oban.cancelJob(job.id)
    const [ended] = await until('process default')

    expect(ended).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'oban.job.outcome': 'cancelled' },
    })
  })

  test('whose arguments are wrong has a span, though no body ran', async () => {
    const { until, oban } = await start()
    await database.query(
      `INSERT INTO oban_jobs (worker, queue, args, max_attempts, scheduled_at)
       VALUES ('Strict', 'default', '{}', 1, now() - interval '1 minute')`,
    )
    await oban.pauseQueue('default')
    await oban.resumeQueue('default')
    const [ended] = await until('process default')

    expect(ended).toMatchObject({
      parentSpanId: undefined,
      links: [],
      attributes: { 'error.type': 'InvalidArgsError', 'oban.job.outcome': 'discard' },
    })
  })

  test('is the active span of an inline body too', async () => {
    const { until, enqueue } = await start({ execution: 'inline' })
    const { traceId } = await inRequest(() => enqueue('Work', { key: 'here' }))
    const [processed] = await until('process default', { 'app.key': 'here' })
    const [body] = await until('resize')

    expect(processed).toMatchObject({ traceId, threadId: 0, kind: SpanKind.CONSUMER })
    expect(body).toMatchObject({ traceId, parentSpanId: processed?.spanId })
  })

  test.each(['inline', 'threads'] as const)(
    'is a trace of its own that links (%s)',
    async (place) => {
      const { until, enqueue } = await start({
        execution: place,
        options: { propagation: 'link' },
      })
      const { traceId } = await inRequest(() => enqueue('Work'))
      const [sent] = await until('enqueue default')
      const [processed] = await until('process default')
      const [body] = await until('resize')

      expect(sent?.traceId).toBe(traceId)
      expect(processed).toMatchObject({ parentSpanId: undefined, links: [sent?.spanId] })
      expect(processed?.traceId).not.toBe(traceId)
      expect(body?.traceId).toBe(processed?.traceId)
    },
  )

  test('belongs to no span in which its node was started', async () => {
    const { result } = await inRequest(() => start({ execution: 'inline' }))
    await result.enqueue('Work')
    const [sent] = await result.until('enqueue default')
    const [processed] = await result.until('process default')

    expect(sent?.parentSpanId).toBeUndefined()
    expect(processed?.parentSpanId).toBe(sent?.spanId)
    // One that another program stored, and that carries no trace.
    await database.query("INSERT INTO oban_jobs (worker) VALUES ('Work')")
    const [, untraced] = await result.until('process default', {}, 2)
    expect(untraced).toMatchObject({ parentSpanId: undefined, links: [] })
  })
})
