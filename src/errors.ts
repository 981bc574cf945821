/**
 * What the library throws at its callers. What ends an attempt stands in `job-errors.ts`, what is wrong
 * with a database in `database-errors.ts`.
 *
 * Each has a stable `code`; a message says what happened, with which value, and what to do.
 */
import { shown } from './shown.ts'

abstract class ObanError extends Error {
  /** Stable across releases: match on it, not on the message. */
  abstract readonly code: `OBAN_${string}`
}

/** One thing that is wrong with a configuration or with the options of a job. */
export interface Problem {
  /** Where, as one would write it: `queues.media.limit`. Empty for the whole. */
  readonly path: string
  /** What is expected there, and what was found. */
  readonly message: string
  /** What is expected there, where that can be said apart from the rest. */
  readonly expected?: string
  /** What was found instead: a value that is short and no secret, or what it is. */
  readonly found?: string
  /** The known key or value nearest to what was written. */
  readonly suggestion?: string
  /** Where the value was given, of what a command reads: a file, a variable or an option. */
  readonly source?: string
}

/** A name in quotes; what was given in its place, or is longer than any, cut to what fits into a line. */
function named(name: unknown): string {
  return typeof name === 'string' && name.length <= 127 ? `"${name}"` : shown(name)
}

function lineOf({ path, message, suggestion, source }: Problem): string {
  const place = path === '' ? '' : `${path}: `
  const hint = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`
  const origin = source === undefined ? '' : ` (from ${source})`

  return `${place}${message}${hint}${origin}`
}

function list(problems: readonly Problem[]): string {
  return problems.map(lineOf).join('; ')
}

/** What is wrong with a configuration: one problem on the line, more on a line each. */
function report(problems: readonly Problem[]): string {
  if (problems.length <= 1) return `: ${list(problems)}`

  return `, ${problems.length} problems:${problems.map((one) => `\n  ${lineOf(one)}`).join('')}`
}

/** Thrown when a configuration cannot be used. Lists every problem, not only the first. */
export class ConfigError extends ObanError {
  override readonly name = 'ConfigError'
  readonly code = 'OBAN_CONFIG'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(`invalid configuration${report(problems)}`, options)
    this.problems = problems
  }
}

/** Thrown when the options of a job (queue, priority, schedule, …) cannot be stored. */
export class InvalidJobError extends ObanError {
  override readonly name = 'InvalidJobError'
  readonly code = 'OBAN_INVALID_JOB'
  readonly worker: string
  readonly problems: readonly Problem[]

  constructor(worker: string, problems: readonly Problem[], options?: ErrorOptions) {
    super(`invalid job for worker ${named(worker)}: ${list(problems)}`, options)
    this.worker = worker
    this.problems = problems
  }
}

/** Thrown when arguments do not match the worker's schema. Names paths and reasons, never values. */
export class InvalidArgsError extends ObanError {
  override readonly name = 'InvalidArgsError'
  readonly code = 'OBAN_INVALID_ARGS'
  readonly worker: string
  readonly problems: readonly Problem[]

  constructor(worker: string, problems: readonly Problem[], options?: ErrorOptions) {
    super(`invalid args for worker ${named(worker)}: ${list(problems)}`, options)
    this.worker = worker
    this.problems = problems
  }
}

/** Thrown when a stream of jobs ends half-way; `cause` says why. What was stored before stays stored. */
export class StreamInsertError extends ObanError {
  override readonly name = 'StreamInsertError'
  readonly code = 'OBAN_STREAM_INSERT'
  /** Jobs that were stored and committed. */
  readonly inserted: number
  /** Jobs that were not stored as they existed already. */
  readonly conflicts: number

  constructor(
    { inserted, conflicts }: { readonly inserted: number; readonly conflicts: number },
    options?: ErrorOptions,
  ) {
    const cause = options?.cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`a stream of jobs ended after ${inserted} were stored: ${reason}`, options)
    this.inserted = inserted
    this.conflicts = conflicts
  }
}

/** Thrown when something that is not the id of a job was given as one. */
export class InvalidIdError extends ObanError {
  override readonly name = 'InvalidIdError'
  readonly code = 'OBAN_INVALID_ID'

  constructor(id: unknown, options?: ErrorOptions) {
    super(`the id of a job is a whole number from 1, got ${shown(id)}`, options)
  }
}

/** Thrown when no instance has the name. */
export class NotFoundError extends ObanError {
  override readonly name = 'NotFoundError'
  readonly code = 'OBAN_NOT_FOUND'
  readonly instance: string

  constructor(instance: string, options?: ErrorOptions) {
    super(
      `no Oban instance named ${named(instance)} exists; create one with new Oban({ … })`,
      options,
    )
    this.instance = instance
  }
}

/** Thrown when a call needs an instance that is not started. */
export class NotRunningError extends ObanError {
  override readonly name = 'NotRunningError'
  readonly code = 'OBAN_NOT_RUNNING'
  readonly instance: string

  constructor(instance: string, options?: ErrorOptions) {
    super(`Oban instance "${instance}" is not running; call start() first`, options)
    this.instance = instance
  }
}

/** Thrown by calls on an instance after its `stop()`. */
export class StoppedError extends ObanError {
  override readonly name = 'StoppedError'
  readonly code = 'OBAN_STOPPED'
  readonly instance: string

  constructor(instance: string, options?: ErrorOptions) {
    super(`Oban instance "${instance}" is stopped; create a new one`, options)
    this.instance = instance
  }
}

/** Thrown when a call names a queue that this node does not run. */
export class UnknownQueueError extends ObanError {
  override readonly name = 'UnknownQueueError'
  readonly code = 'OBAN_UNKNOWN_QUEUE'
  readonly queue: string
  /** The queue that was perhaps meant. */
  readonly suggestion: string | undefined

  constructor(
    queue: string,
    known: readonly string[],
    suggestion: string | undefined,
    options?: ErrorOptions,
  ) {
    const hint = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`
    const others = known.length === 0 ? 'it runs none' : `it runs ${known.join(', ')}`
    super(`queue ${named(queue)} does not run on this node${hint}; ${others}`, options)
    this.queue = queue
    this.suggestion = suggestion
  }
}

/** Why a module in TypeScript was not loaded: this Node.js needs the package `tsx` for it. */
export class TypeScriptError extends ObanError {
  override readonly name = 'TypeScriptError'
  readonly code = 'OBAN_TYPESCRIPT'

  constructor(module: string, options?: ErrorOptions) {
    const remedy = 'npm install tsx, use Node.js 22.18 or later, or give the compiled module'
    super(`Node.js ${process.version} cannot load the TypeScript of ${module}: ${remedy}`, options)
  }
}

/** Thrown inside one of our own threads, which run jobs of an instance elsewhere, by what needs that. */
export class InThreadError extends ObanError {
  override readonly name = 'InThreadError'
  readonly code = 'OBAN_IN_THREAD'

  constructor(
    what = 'an Oban instance cannot start inside a job thread; start it on the main thread',
    options?: ErrorOptions,
  ) {
    super(what, options)
  }
}
