/**
 * The spans of a job: one of kind producer for each call that enqueues, one of kind consumer for each
 * attempt, which the body's own spans are children of.
 */
import {
  context,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import { systemClock } from '../clock.ts'
import type { Attempt, AttemptEnd, Sending } from '../instruments.ts'
import type { JobRow } from '../job.ts'
import { errorOfText } from '../job/error-text.ts'
import type { NewJob } from '../job/new-job.ts'
import type { Settled } from '../protocol/outcome.ts'
import {
  CONFLICT,
  enqueueAttributes,
  MESSAGE_ID,
  OUTCOME,
  outcomeWord,
  processAttributes,
  spanName,
} from './attributes.ts'
import { extract, inject, isTraced, metaOf } from './carrier.ts'
import { fail } from './failure.ts'
import { harmless, runIn } from './harmless.ts'

/** How the span of an attempt knows the one that enqueued its job. */
export type Propagation = 'link' | 'parent'

export interface SpanOptions {
  readonly tracer: Tracer
  readonly propagation: Propagation
}

type Store = (jobs: readonly NewJob[]) => Promise<readonly JobRow[]>

/** A job of an uninstrumented thread comes without context: that of its message is nobody's. */
function contextOf({ caller }: Sending): Context {
  return caller === 'thread' ? ROOT_CONTEXT : context.active()
}

function describeStored(span: Span, { isBatch }: Sending, rows: readonly JobRow[]): void {
  const [first] = rows
  if (isBatch || first === undefined) return
  span.setAttribute(MESSAGE_ID, first.id)
  if (first.conflict) span.setAttribute(CONFLICT, true)
}

/** Store jobs within a span whose context they carry. */
export async function enqueueSpan(
  { tracer }: SpanOptions,
  sending: Sending,
  store: Store,
): Promise<readonly JobRow[]> {
  // What a thread has put a trace into has its span there.
  if (sending.caller === 'thread' && harmless(() => isTraced(sending.jobs))) {
    return store(sending.jobs)
  }
  const started = harmless(() => {
    const attributes = enqueueAttributes(sending)
    const around = contextOf(sending)
    const kind = SpanKind.PRODUCER
    const span = tracer.startSpan(spanName(attributes), { kind, attributes }, around)

    return { span, within: trace.setSpan(around, span) }
  })
  if (started === undefined) return store(sending.jobs)
  const { span, within } = started
  const jobs = harmless(() => inject(within, sending.jobs)) ?? sending.jobs
  try {
    const rows = await runIn(within, () => store(jobs))
    harmless(() => {
      describeStored(span, sending, rows)
    })

    return rows
  } catch (error) {
    harmless(() => {
      fail(span, error)
    })
    throw error
  } finally {
    harmless(() => {
      span.end()
    })
  }
}

function startProcess(
  { tracer, propagation }: SpanOptions,
  instance: string,
  row: JobRow,
  startTime?: Date,
): { readonly span: Span; readonly within: Context } {
  // Never of what is active here: that is what the node was started in, or another job's.
  const origin = extract(ROOT_CONTEXT, metaOf(row.meta))
  const creation = trace.getSpanContext(origin)
  const attributes = processAttributes(instance, row)
  // The conventions want the link; a parent beside it is allowed, as a process span has one message.
  const links: Link[] = creation ? [{ context: creation }] : []
  const around = propagation === 'parent' ? origin : trace.deleteSpan(origin)
  const options = { kind: SpanKind.CONSUMER, attributes, links, ...(startTime && { startTime }) }
  const span = tracer.startSpan(spanName(attributes), options, around)

  return { span, within: trace.setSpan(around, span) }
}

function endProcess(
  span: Span,
  row: JobRow,
  { outcome, error, wasCancelled }: AttemptEnd,
  endTime?: Date,
): void {
  const word = outcomeWord(row, outcome, wasCancelled)
  span.setAttribute(OUTCOME, word)
  if (word === 'failure' || word === 'discard') fail(span, error)
  span.end(endTime)
}

/** Not followed, after all. */
const NOBODY: Attempt = { run: (code) => code(), end: () => {} }

/** The span of an attempt in the thread where its body runs. */
export function processSpan(options: SpanOptions, instance: string, row: JobRow): Attempt {
  const started = harmless(() => startProcess(options, instance, row))
  if (started === undefined) return NOBODY
  const { span, within } = started

  return {
    run: (code) => runIn(within, code),
    end: (end) => {
      // It did not run: a worker that is not known here says nothing of the job.
      if (end.outcome.kind === 'unknown') return
      harmless(() => {
        endProcess(span, row, end)
      })
    },
  }
}

/** The span of an attempt that has ended already. */
export function missedSpan(options: SpanOptions, instance: string, settled: Settled): void {
  const { outcome, durationMs, run } = settled
  const hasRun = outcome.kind !== 'unknown' && !(outcome.kind === 'interrupted' && durationMs === 0)
  if (!hasRun) return
  harmless(() => {
    const endedAt = systemClock.now()
    const startedAt = new Date(endedAt.getTime() - durationMs)
    const { span } = startProcess(options, instance, run.job, startedAt)
    const error = outcome.kind === 'failed' ? errorOfText(outcome.error) : undefined
    endProcess(span, run.job, { outcome, error, wasCancelled: run.isCancelled }, endedAt)
  })
}
