/** The SDK of OpenTelemetry on the main thread, and the spans that it and the threads have ended. */
import { BroadcastChannel } from 'node:worker_threads'
import { context, metrics, propagation, trace, type SpanStatus } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  BasicTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import { onTestFinished } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import type { JsonObject } from '../../src/job/json.ts'
import type { JobOptions } from '../../src/job/new-job.ts'
import { instrument, type InstrumentOptions } from '../../src/otel/index.ts'
import { Watchers } from './forked.ts'
import type { TestDatabase } from './database.ts'
import { startOban } from './oban.ts'

/** A span that has ended. */
export interface Ended {
  readonly name: string
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly status: SpanStatus
  readonly startTime: readonly [number, number]
  readonly endTime: readonly [number, number]
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly links: readonly string[]
  /** Names of the exceptions that it has recorded. */
  readonly exceptions: readonly unknown[]
  /** 0 on the main thread. */
  readonly threadId: number
}

/** The module that gives each thread an SDK, to be preloaded. */
export const threadSetup = new URL('../fixtures/otel.js', import.meta.url)

export const otelWorkers = new URL('../fixtures/otel-workers.js', import.meta.url)

function plain(span: ReadableSpan): Ended {
  const { name, kind, attributes, status, startTime, endTime } = span

  return {
    name,
    kind,
    attributes,
    status,
    startTime,
    endTime,
    ...span.spanContext(),
    parentSpanId: span.parentSpanContext?.spanId,
    links: span.links.map((link) => link.context.spanId),
    exceptions: span.events.map((event) => event.attributes?.['exception.type']),
    threadId: 0,
  }
}

function isEnded(message: unknown): message is Ended {
  return typeof message === 'object' && message !== null && 'spanId' in message
}

export interface Otel {
  /** In the order in which they ended, threads as they were heard of. */
  readonly spans: readonly Ended[]
  /** Those with the name and the attributes, once there are so many. */
  readonly until: (
    name: string,
    attributes?: Readonly<Record<string, unknown>>,
    count?: number,
  ) => Promise<readonly Ended[]>
  readonly provider: BasicTracerProvider
  readonly stop: () => void
}

function matches(span: Ended, name: string, attributes: Readonly<Record<string, unknown>>) {
  return (
    span.name === name &&
    Object.entries(attributes).every(([key, value]) => span.attributes[key] === value)
  )
}

/** Register an SDK and follow jobs, until the test ends. */
export function startOtel(options: InstrumentOptions = {}): Otel {
  const spans: Ended[] = []
  const watchers = new Watchers()
  const hear = (span: Ended) => {
    spans.push(span)
    watchers.look()
  }
  const exporter: SpanExporter = {
    export: (batch, done) => {
      batch.map(plain).forEach(hear)
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve(),
  }
  const channel = new BroadcastChannel('oban-otel')
  channel.addEventListener('message', (event) => {
    const data: unknown = Reflect.get(event, 'data')
    if (isEnded(data)) hear(data)
  })
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  const stop = instrument(options)
  onTestFinished(async () => {
    stop()
    channel.close()
    for (const api of [context, propagation, trace, metrics]) api.disable()
    await provider.shutdown()
  })

  return {
    spans,
    provider,
    stop,
    until: (name, attributes = {}, count = 1) =>
      watchers.until(() => {
        const found = spans.filter((span) => matches(span, name, attributes))

        return found.length >= count ? found : undefined
      }),
  }
}

export interface Place {
  readonly execution?: 'inline' | 'threads'
  /** Whether threads have an SDK. Default: true */
  readonly isPreloaded?: boolean
  readonly options?: InstrumentOptions
  /** More options of the instance. */
  readonly more?: ObanOptions
}

/** An instance whose jobs are followed, with an SDK in its threads as well. */
export async function startTraced(
  database: Pick<TestDatabase, 'query' | 'url'>,
  { execution = 'threads', isPreloaded = true, options: followed, more }: Place = {},
) {
  // What another test has left would run here.
  await database.query('DELETE FROM oban_jobs')
  const otel = startOtel(followed)
  const started = await startOban({
    database: database.url,
    workers: [otelWorkers],
    queues: { default: { limit: 4, execution } },
    threadOptions: {
      preload: isPreloaded ? [threadSetup] : [],
      ...(isPreloaded && execution === 'threads' && { setup: threadSetup }),
      env: { ...process.env, OBAN_TEST_PROPAGATION: followed?.propagation ?? 'parent' },
    },
    ...more,
  })
  // By name: this thread knows none of the workers.
  const enqueue = (worker: string, args: JsonObject = {}, options: JobOptions = {}) =>
    started.oban.enqueue(worker, args, options)

  return { ...otel, ...started, enqueue }
}

/** The span of a request, in which something is done. */
export function inRequest<Result>(code: () => Promise<Result>) {
  return trace.getTracer('app').startActiveSpan('POST /uploads', async (span) => {
    const result = await code()
    span.end()
    const { spanId, traceId } = span.spanContext()

    return { result, spanId, traceId }
  })
}
