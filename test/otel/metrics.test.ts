import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { InstrumentOptions } from '../../src/otel/index.ts'
import { createDatabase } from '../support/database.ts'
import { startTraced } from '../support/otel.ts'

interface Point {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly value: unknown
}

/** A meter provider that is collected from when the test asks. */
function startMeter() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => provider.shutdown())

  const collect = async (): Promise<ReadonlyMap<string, { unit: string; points: Point[] }>> => {
    exporter.reset()
    await provider.forceFlush()
    const metrics = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) =>
        scopeMetrics
          .filter(({ scope }) => scope.name === 'oban-ts')
          .flatMap((each) => each.metrics),
      )

    return new Map(
      metrics.map(({ descriptor, dataPointType, dataPoints }) => [
        descriptor.name,
        {
          unit: descriptor.unit,
          points: dataPoints.map(({ attributes, value }) => ({
            attributes,
            value:
              dataPointType === DataPointType.HISTOGRAM && typeof value === 'object'
                ? { count: 'count' in value ? value.count : 0 }
                : value,
          })),
        },
      ]),
    )
  }

  return { provider, collect }
}

async function start(
  options: InstrumentOptions = {},
  { isPreloaded = true }: { readonly isPreloaded?: boolean } = {},
) {
  const database = await createDatabase()
  onTestFinished(database.drop)
  const { provider, collect } = startMeter()
  const traced = await startTraced(database, {
    isPreloaded,
    options: { meterProvider: provider, ...options },
  })
  const [{ node } = { node: '' }] = traced.oban.checkAllQueues()

  return { ...traced, collect, database, node }
}

describe('metrics', () => {
  test('count what is sent, begun and ended, and how long it took', async () => {
    const { oban, enqueue, told, collect, node } = await start()
    const { id } = await enqueue('Work')
    await told.ended(id)
    const broken = await enqueue('Broken', {}, { maxAttempts: 1 })
    await told.ended(broken.id)
    const metrics = await collect()

    const system = { 'messaging.system': 'oban', 'oban.instance': oban.name }
    const destination = { 'messaging.destination.name': 'default' }
    const send = {
      ...system,
      ...destination,
      'messaging.operation.name': 'enqueue',
      'messaging.operation.type': 'send',
    }
    const process = {
      ...system,
      ...destination,
      'messaging.operation.name': 'process',
      'oban.node': node,
    }
    const work = { ...process, 'oban.job.worker': 'Work' }
    const failed = { ...process, 'oban.job.worker': 'Broken' }
    const error = { 'error.type': 'TypeError' }
    const once = { count: 1 }
    expect(metrics.get('messaging.client.sent.messages')).toEqual({
      unit: '{message}',
      points: [{ attributes: send, value: 2 }],
    })
    expect(metrics.get('messaging.client.operation.duration')).toEqual({
      unit: 's',
      points: [{ attributes: send, value: { count: 2 } }],
    })
    expect(metrics.get('messaging.client.consumed.messages')).toEqual({
      unit: '{message}',
      points: [
        { attributes: work, value: 1 },
        { attributes: failed, value: 1 },
      ],
    })
    expect(metrics.get('messaging.process.duration')).toEqual({
      unit: 's',
      points: [
        { attributes: work, value: once },
        { attributes: { ...failed, ...error }, value: once },
      ],
    })
    expect(metrics.get('oban.job.queue_time')).toEqual({
      unit: 's',
      points: [
        { attributes: work, value: once },
        { attributes: failed, value: once },
      ],
    })
    expect(metrics.get('oban.job.attempts')).toEqual({
      unit: '{attempt}',
      points: [
        { attributes: { ...work, 'oban.job.outcome': 'success' }, value: 1 },
        { attributes: { ...failed, ...error, 'oban.job.outcome': 'discard' }, value: 1 },
      ],
    })
  })

  test('count what jobs send from their threads, once', async () => {
    const { oban, enqueue, told, collect } = await start()
    await enqueue('Parent', { left: 1, instance: oban.name })
    await told.count('job.stop', 4)
    const sent = (await collect()).get('messaging.client.sent.messages')

    expect(sent?.points.map(({ value }) => value)).toEqual([4])
  })

  test('count neither what exists already, nor hide what could not be sent', async () => {
    const { oban, collect } = await start()
    const unique = { unique: true, scheduleIn: 600 }
    await oban.enqueue('Work', { n: 1 }, unique)
    await oban.enqueue('Work', { n: 1 }, unique)
    const client = { query: () => Promise.reject(new RangeError('away')) }
    await expect(oban.enqueue('Work', {}, { client })).rejects.toThrow()
    const sent = (await collect()).get('messaging.client.sent.messages')

    expect(sent?.points.map(({ attributes, value }) => [attributes['error.type'], value])).toEqual([
      [undefined, 1],
      ['RangeError', 1],
    ])
  })

  test('count threads that end, by cause', async () => {
    const { oban, enqueue, told, collect, node } = await start()
    const { id } = await enqueue('Crash', {}, { maxAttempts: 1 })
    await told.ended(id)
    await told.until('thread.exit')

    expect((await collect()).get('oban.thread.exits')).toEqual({
      unit: '{thread}',
      points: [
        {
          attributes: {
            'messaging.destination.name': 'default',
            'oban.instance': oban.name,
            'oban.node': node,
            'oban.thread.exit_cause': 'crash',
          },
          value: 1,
        },
      ],
    })
  })

  test('show the depth of queues by state, and what runs here', async () => {
    const { oban, enqueue, told, collect, node } = await start({ queueDepth: 'every-node' })
    await enqueue('Waiting')
    await told.until('job.log', ({ message }) => message === 'begun')
    await enqueue('Work', {}, { scheduleIn: 600 })
    await enqueue('Work', {}, { queue: 'elsewhere' })
    await enqueue('Work', {}, { queue: 'elsewhere' })
    const metrics = await collect()
    const depth = metrics.get('oban.queue.depth')
    const shown = depth?.points.map(({ attributes, value }) => [
      attributes['messaging.destination.name'],
      attributes['oban.job.state'],
      value,
    ])

    expect(shown?.filter(([, , value]) => value !== 0)).toEqual([
      ['default', 'scheduled', 1],
      ['default', 'executing', 1],
      ['elsewhere', 'available', 2],
    ])
    expect(shown).toHaveLength(8)
    expect(depth?.unit).toBe('{job}')
    expect(metrics.get('oban.queue.executing')?.points).toEqual([
      {
        attributes: {
          'messaging.system': 'oban',
          'messaging.destination.name': 'default',
          'oban.instance': oban.name,
          'oban.node': node,
        },
        value: 1,
      },
    ])
  })

  test('count the database once for collections that follow each other', async () => {
    const { enqueue, collect } = await start({ queueDepth: 'every-node' })
    await collect()
    await enqueue('Work', {}, { queue: 'elsewhere' })
    const depth = (await collect()).get('oban.queue.depth')

    expect(depth?.points.filter(({ value }) => value !== 0)).toEqual([])
  })

  test('are collected of nothing once they are stopped', async () => {
    const { collect, enqueue, told, stop } = await start({ queueDepth: 'every-node' })
    stop()
    const { id } = await enqueue('Work')
    await told.ended(id)

    expect([...(await collect()).values()].flatMap(({ points }) => points)).toEqual([])
  })
})
