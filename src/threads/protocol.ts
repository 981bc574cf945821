/**
 * Messages between the main thread and a job thread. They are ours on both sides and are not
 * validated; what jobs post by themselves never reaches these ports, as the entry takes its own.
 */
import type { CheckedChanges } from '../job/changes.ts'
import type { VersionedRow } from '../job/update.ts'
import type { AbortCode } from '../job-errors.ts'
import type { JsonObject } from '../job/json.ts'
import type { NewJob } from '../job/new-job.ts'
import type { Outcome } from '../protocol/outcome.ts'
import type { Claim } from '../protocol/patches.ts'
import type { Claimant, ClaimedColumns, ClaimedRow } from '../protocol/claimed-row.ts'
import type { Problem } from '../errors.ts'
import type { PlainDefinition } from '../worker/definition.ts'
import type { LogLevel } from '../worker/execution.ts'

/** A claimed job on its way to a body. */
export interface JobMessage {
  readonly token: number
  readonly job: ClaimedRow
}

export interface SettledMessage {
  readonly token: number
  readonly outcome: Outcome
  readonly durationMs: number
  /** Whether somebody in the thread has followed the attempt to its end. */
  readonly isFollowed?: true
}

/** A job as it travels. */
export type PackedJob = readonly [
  token: number,
  queue: Claimant['queue'],
  attemptedBy: Claimant['attempted_by'],
  columns: ClaimedColumns,
]

/** An end as it travels: without what most have in common, that they completed and nobody followed them. */
export type PackedEnd = readonly [
  token: number,
  durationMs: number,
  outcome?: Outcome,
  isFollowed?: true | undefined,
]

export type ToThread =
  | { readonly type: 'run'; readonly jobs: readonly PackedJob[] }
  /** `abort` counts the aborts of this thread, which shows the last that it has heard. */
  | {
      readonly type: 'abort'
      readonly token: number
      readonly code: AbortCode
      readonly abort: number
    }
  /** The lease was renewed: jobs that waited for it may start. */
  | { readonly type: 'renewed' }
  | { readonly type: 'reply'; readonly call: number; readonly reply: Reply }
  /** It has nothing to run, and nothing will come: tear down, and exit. */
  | { readonly type: 'stop' }

export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: SerializedError }

/** What a job asks of the instance on the main thread. */
export type Request =
  | { readonly method: 'cancel'; readonly id: number }
  | {
      readonly method: 'change'
      readonly row: Pick<VersionedRow, 'id' | 'version'>
      readonly changes: CheckedChanges
    }
  /** A run is about to complete its job by itself. */
  | { readonly method: 'completing'; readonly token: number }
  | { readonly method: 'find'; readonly id: number }
  | { readonly method: 'insert'; readonly jobs: readonly NewJob[] }
  | { readonly method: 'patch'; readonly claim: Claim; readonly patch: JsonObject }

export interface LogLine {
  readonly token: number | undefined
  readonly level: LogLevel
  /** Whether the body called `console` or the `log` of its tools. */
  readonly via: 'console' | 'log'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A job with a bound on its time is about to run: its schema first, then its body. */
export interface StartedMessage {
  readonly token: number
  /** Monotonic milliseconds. */
  readonly startedAtMs: number
  readonly timeoutMs: number
}

export type FromThread =
  /** What the thread executes from now on, so that one that ends it can be named. */
  | { readonly type: 'loading'; readonly module: string }
  | {
      readonly type: 'ready'
      readonly workers: readonly WorkerFact[]
      readonly failures: readonly ModuleFailure[]
      readonly cronProblems: readonly Problem[]
    }
  | ({ readonly type: 'started' } & StartedMessage)
  | { readonly type: 'settled'; readonly items: readonly PackedEnd[] }
  /** The thread's state may be corrupt by this job's doing: it takes no more and is replaced. */
  | { readonly type: 'tainted'; readonly token: number; readonly cause: string }
  /** The thread ends itself: nobody knows whose doing it was, unless it is this option's. */
  | { readonly type: 'dying'; readonly cause: string; readonly option?: 'threadOptions.setup' }
  | { readonly type: 'call'; readonly call: number; readonly request: Request }
  | ({ readonly type: 'log' } & LogLine)

/** A worker that a module defines. */
export interface WorkerFact {
  readonly name: string
  readonly module: string
  readonly definition: PlainDefinition
}

/** A module that did not load. */
export interface ModuleFailure {
  readonly module: string
  readonly error: SerializedError
}

/** Structured cloning keeps neither a subclass nor `code`, so errors cross as plain data. */
export interface SerializedError {
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly code?: string
  readonly cause?: SerializedError
  /** Those of an `AggregateError`. */
  readonly errors?: readonly SerializedError[]
}

/** A periodic job whose arguments are to be checked. */
export interface CronArgs {
  readonly worker: string
  /** Which one it is, for people. */
  readonly expression: string
  readonly args: JsonObject
}

/** What a thread is started with. */
export interface ThreadData {
  readonly instance: string
  readonly prefix: string
  readonly notifier: 'isolated' | 'postgres'
  readonly queue: string
  readonly thread: string
  readonly modules: readonly string[]
  readonly preload: readonly string[]
  readonly setup: string | undefined
  /** Whether it only loads the modules: `setup()` is not called. */
  readonly isProbe: boolean
  /** Of the configuration, for the probe: their arguments are checked. */
  readonly crontab: readonly CronArgs[]
  /** Whether what bodies write to the console becomes lines of the logger. */
  readonly takesConsole: boolean
  readonly unknownWorkers: 'fail' | 'release'
  readonly maxArgsBytes: number | undefined
  readonly lease: SharedArrayBuffer
  readonly cells: SharedArrayBuffer
}
