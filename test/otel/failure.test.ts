import { SpanStatusCode } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { describe, expect, test } from 'vitest'
import { fail } from '../../src/otel/failure.ts'

/** What a span tells of something thrown. */
function told(thrown: unknown) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const span = provider.getTracer('test').startSpan('process')
  fail(span, thrown)
  span.end()

  return exporter.getFinishedSpans().map(({ attributes, status }) => ({
    type: attributes['error.type'],
    ...status,
  }))
}

describe('a span that failed', () => {
  const code = SpanStatusCode.ERROR

  test('has the name and the message of the error', () => {
    expect(told(new RangeError('too wide'))).toEqual([
      { type: 'RangeError', code, message: 'too wide' },
    ])
  })

  test('has no type of its own for each text that a body throws', () => {
    expect(told('quota: exceeded')).toEqual([{ type: '_OTHER', code, message: 'quota: exceeded' }])
  })

  test('says of what is no error only what it is', () => {
    expect(told({ token: 'secret' })).toEqual([{ type: '_OTHER', code, message: 'threw object' }])
  })
})
