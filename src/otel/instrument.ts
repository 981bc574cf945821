/** Turns the following of jobs on and off. */
import { metrics, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { type Instrument, instrumentOf, setInstrument } from '../instruments.ts'
import { isJobThread } from '../registry.ts'
import { startGauges } from './gauges.ts'
import { runIn } from './harmless.ts'
import { type Metrics, startMetrics } from './metrics.ts'
import { type CheckedOptions, type InstrumentOptions, parseOptions } from './options.ts'
import { enqueueSpan, missedSpan, processSpan, type SpanOptions } from './spans.ts'

/** The name of the scope that spans and metrics belong to. */
const SCOPE = 'oban-ts'

function spanOptions({ tracerProvider, propagation }: CheckedOptions): SpanOptions | undefined {
  if (tracerProvider === false) return undefined
  // That of the API finds a provider that is registered later, too.
  const tracer = (tracerProvider ?? trace).getTracer(SCOPE)

  return { tracer, propagation }
}

interface Measuring {
  readonly metrics: Metrics | undefined
  readonly stop: () => void
}

function measure(options: CheckedOptions, isOurs: (instance: string) => boolean): Measuring {
  const { meterProvider, queueDepth, queueDepthIntervalMs } = options
  if (meterProvider === false) return { metrics: undefined, stop: () => {} }
  const meter = (meterProvider ?? metrics).getMeter(SCOPE)
  const counting = startMetrics(meter, isOurs)
  const stopGauges = startGauges(meter, { queueDepth, queueDepthIntervalMs, isOurs })

  return {
    metrics: counting,
    stop: () => {
      counting.stop()
      stopGauges()
    },
  }
}

function follow(spans: SpanOptions | undefined, counting: Metrics | undefined): Instrument {
  return {
    send: (sending, store) => {
      const traced: typeof store = (jobs) =>
        spans ? enqueueSpan(spans, { ...sending, jobs }, store) : store(jobs)
      // The main thread counts what it stores for threads.
      const isCounted = !isJobThread() || sending.hasClient

      return counting && isCounted
        ? counting.send(sending, () => traced(sending.jobs))
        : traced(sending.jobs)
    },
    detach: (code) => runIn(ROOT_CONTEXT, code),
    begin: (instance, row) => (spans ? processSpan(spans, instance, row) : undefined),
    missed: (instance, settled) => {
      if (spans) missedSpan(spans, instance, settled)
    },
  }
}

/**
 * Follow the jobs of this thread from now on, with spans and metrics of OpenTelemetry: those that are
 * enqueued here, and those whose bodies run here. Threads that run jobs have a call of their own.
 *
 * A second call for the same instance takes the place of the first. What the SDK throws is told by its
 * diagnostics and once by a warning, and harms no job.
 *
 * @example
 * ```ts
 * const stop = instrument({ propagation: 'link' })
 * ```
 *
 * @returns ends it and restores what was before; harmless when called again, or after another call
 * @throws {ConfigError} when an option cannot be used
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export function instrument(options: InstrumentOptions = {}): () => void {
  const checked = parseOptions(options)
  const isOurs = (name: string) => instrumentOf(name) === followed
  const { metrics: counting, stop } = measure(checked, isOurs)
  const followed = follow(spanOptions(checked), counting)

  return setInstrument(checked.instance, followed, stop)
}
