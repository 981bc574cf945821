import { once } from 'node:events'
import { propagation } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { describe, expect, test } from 'vitest'
import { instrumentOf } from '../../src/instruments.ts'
import { instrument } from '../../src/otel/index.ts'
import { useDatabase } from '../support/database.ts'
import { createProject } from '../support/documents.ts'
import { makeOban } from '../support/oban.ts'
import { startOtel, startTraced } from '../support/otel.ts'
import { startProgram } from '../support/program.ts'

const database = useDatabase()

/** A sampler that throws, and how often it was asked. */
function brokenProvider() {
  const asked: string[] = []
  const shouldSample = (_context: unknown, _traceId: string, name: string): never => {
    asked.push(name)
    throw new RangeError('the sampler is broken')
  }

  return { asked, provider: new BasicTracerProvider({ sampler: { shouldSample } }) }
}

describe('instrument', () => {
  test('makes one span for a job however often it is called', async () => {
    const otel = startOtel()
    instrument()
    const stop = instrument()
    const { oban } = makeOban({ database: database.url })
    await oban.enqueue('Work')
    expect(otel.spans.map(({ name }) => name)).toEqual(['enqueue default'])

    // That of the first call has ended when it was replaced.
    otel.stop()
    await oban.enqueue('Work')
    expect(otel.spans).toHaveLength(2)
    stop()
  })

  test('leaves jobs alone once it is stopped', async () => {
    const otel = startOtel()
    const { oban } = makeOban({ database: database.url })
    otel.stop()
    otel.stop()

    expect((await oban.enqueue('Work')).meta).toEqual({})
    expect(otel.spans).toEqual([])
    expect(instrumentOf(oban.name)).toBeUndefined()
  })

  test('follows one instance by its name', async () => {
    const { oban: one } = makeOban({ database: database.url })
    const { oban: other } = makeOban({ database: database.url })
    const otel = startOtel({ instance: one.name })
    await one.enqueue('Work')
    await other.enqueue('Work')

    expect(otel.spans.map(({ attributes }) => attributes['oban.instance'])).toEqual([one.name])
  })

  test('prefers the call that names the instance', async () => {
    const otel = startOtel()
    const { oban } = makeOban({ database: database.url })
    const stop = instrument({ instance: oban.name, tracerProvider: false, meterProvider: false })
    await oban.enqueue('Work')
    expect(otel.spans).toEqual([])

    stop()
    await oban.enqueue('Work')
    expect(otel.spans).toHaveLength(1)
  })

  test('refuses options that it does not know, all at once', () => {
    const options = { propagation: 'parents', queueDepht: 'leader', queueDepthInterval: -1 }

    expect(() => Reflect.apply(instrument, undefined, [options])).toThrow(
      [
        'invalid configuration, 3 problems:',
        '  queueDepht: is not an option (did you mean "queueDepth"?)',
        `  propagation: must be one of 'parent', 'link', got 'parents' (did you mean "parent"?)`,
        '  queueDepthInterval: must not be negative, got -1',
      ].join('\n'),
    )
    expect(instrumentOf('Oban')).toBeUndefined()
  })

  test('harms no job when the SDK throws, and warns once', async () => {
    const warned = once(process, 'warning')
    const { asked, provider } = brokenProvider()
    const { oban, enqueue, told } = await startTraced(database, {
      execution: 'inline',
      options: { tracerProvider: provider },
    })
    propagation.disable()
    propagation.setGlobalPropagator({
      inject: () => {
        throw new RangeError('the propagator is broken')
      },
      extract: () => {
        throw new RangeError('the propagator is broken')
      },
      fields: () => [],
    })
    const { id } = await enqueue('Work')
    await told.ended(id)
    const [warning] = await warned

    expect(await oban.getJob(id)).toMatchObject({ state: 'completed', meta: {} })
    expect(asked).toEqual(['enqueue default'])
    expect(warning).toMatchObject({ code: 'OBAN_OTEL_FAILED' })
  })

  test('stores what threads enqueue when the propagator cannot name its fields', async () => {
    startOtel()
    const stop = instrument()
    propagation.disable()
    propagation.setGlobalPropagator({
      inject: () => {},
      extract: (context) => context,
      fields: () => {
        throw new RangeError('the propagator is broken')
      },
    })
    const sending = { instance: 'Oban', jobs: [], isBatch: true, hasClient: false }
    const stored = instrumentOf('Oban')?.send({ ...sending, caller: 'thread' }, async () => [])
    stop()

    expect(await stored).toEqual([])
  })

  test('needs OpenTelemetry, which nothing else does', async () => {
    const project = createProject(['zod', 'pg', 'p-queue', 'xstate'], {})
    const path = project.write(
      'app.js',
      `await import('oban-ts')
       await import('oban-ts/otel').catch((error) => console.log(error.message))`,
    )
    const { code, stdout } = await startProgram([path], { cwd: project.folder }).ended

    expect(code).toBe(0)
    expect(stdout).toContain("Cannot find package '@opentelemetry/api'")
  })
})
