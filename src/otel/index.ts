// OpenTelemetry for jobs: `oban-ts/otel`. Needs the package `@opentelemetry/api`.

export { instrument } from './instrument.ts'
export type { InstrumentOptions } from './options.ts'
export type { QueueDepth } from './gauges.ts'
export type { Propagation } from './spans.ts'
