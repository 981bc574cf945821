// The public surface of `oban-ts/telemetry`. Loads neither the database nor the actors.

export { attach, type AttachOptions, type Handler, type HeardEvent } from './channels.ts'
export { attachDefaultLogger, type DefaultLoggerOptions } from './default-logger.ts'
export { span } from './span.ts'
export type { AppEvent, AppEventName, AppMetadata, AppSpanName, AppSpans } from './app-spans.ts'
export { EVENT_NAMES, type EventMap, type EventName, type TelemetryEvent } from './events.ts'
export type { JobFields, JobTimes, Origin } from './events.ts'
export { SPAN_NAMES, type SpanMap, type SpanName } from './spans.ts'
export type { AckFields, JobRequestFields, RescuedFields, StoredJobFields } from './spans.ts'
export type { Output } from './sinks.ts'
