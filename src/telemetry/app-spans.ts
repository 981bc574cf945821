/** Spans of an application: names of its own, all of which begin with `app.`. */
import type { Phase, Took } from './spans.ts'

/**
 * What an application's spans carry, by name; one that is not named here carries what it is given.
 *
 * @example
 * ```ts
 * declare module 'oban-ts/telemetry' {
 *   interface AppSpans {
 *     'app.render': { pages: number; bytes?: number }
 *   }
 * }
 * ```
 */
// An interface, since only interfaces can be merged with a declaration of the application's.
// oxlint-disable-next-line typescript/no-empty-object-type
export interface AppSpans {}

export type AppSpanName = `app.${string}`

export type AppMetadata<Name extends string> = Name extends keyof AppSpans
  ? Readonly<AppSpans[Name]>
  : Readonly<Record<string, unknown>>

export type AppEventName = `${AppSpanName}.${Phase}`

/** What a handler receives of an application's span; it belongs to no instance. */
export type AppEvent<Name extends AppEventName = AppEventName> = Name extends `${infer Span}.start`
  ? Readonly<{ event: Name }> & AppMetadata<Span>
  : Name extends `${infer Span}.stop`
    ? Readonly<{ event: Name }> & AppMetadata<Span> & Took
    : Name extends `${infer Span}.exception`
      ? Readonly<{ event: Name }> & AppMetadata<Span> & Took & { readonly error: unknown }
      : never

const SPAN = /^app\.[^.\s][^\s]*$/
const EVENT = /^app\.[^.\s][^\s]*\.(?:start|stop|exception)$/

export function isAppSpanName(name: string): name is AppSpanName {
  return SPAN.test(name)
}

export function isAppEventName(name: string): name is AppEventName {
  return EVENT.test(name)
}
