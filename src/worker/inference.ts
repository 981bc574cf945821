/** How the types of a worker follow from its schema and from what its `process` returns. */
import type { AnyWorker } from './definition.ts'
import type { Job } from '../job.ts'
import type { JsonObject, JsonValue } from '../job/json.ts'
import type { Recorded } from './results.ts'

/** Arguments are stored as JSON, so that a date arrives at the schema as a string. */
export interface NotJsonDate {
  readonly 'a Date is not JSON: use z.coerce.date()': never
}

/** Arguments are stored as JSON, which has no form for this value. */
export interface NotJson {
  readonly 'not a JSON value: describe what JSON makes of it, such as a string': never
}

/** Arguments are stored as a JSON object. */
export interface NotAnObject {
  readonly 'args must be an object': never
}

type Primitive = bigint | boolean | number | string | symbol | null | undefined

type NamedMembers<T> = { [Key in keyof T as string extends Key ? never : Key]: T[Key] }

/**
 * What is JSON already is not gone through: a type that contains itself would have no end. Members that are named
 * are looked at beside an index signature, which TypeScript does not hold them against.
 */
type Plain<T> = T extends JsonObject
  ? NamedMembers<T> extends JsonObject
    ? T
    : never
  : T extends JsonValue | undefined
    ? T
    : never

type Marked<T> = unknown extends T
  ? T
  : T extends Plain<T>
    ? T
    : T extends Date
      ? NotJsonDate
      : T extends bigint | symbol | ((...args: never) => unknown)
        ? NotJson
        : { [Key in keyof T]: Marked<T[Key]> }

/** The input of a schema; what JSON cannot carry is replaced by a type that says so. */
export type JsonInput<T> = unknown extends T
  ? T
  : [T] extends [Primitive | readonly unknown[]]
    ? NotAnObject
    : // A type that is all JSON is kept as it is, with its name and not as a mapped copy.
      [T] extends [Marked<T>]
      ? T
      : Marked<T>

type Stored<T> = unknown extends T
  ? T
  : T extends Plain<T> | Primitive
    ? T extends bigint
      ? bigint | number
      : T
    : T extends Date
      ? string
      : { [Key in keyof T]: Stored<T[Key]> }

/** How a value of `record()` reads later: dates as strings, small BigInts as numbers. */
type ReadBack<T> = [T] extends [Stored<T>] ? T : Stored<T>

/** What the results of a `process` record between them; `never` when none does. */
export type RecordedIn<Result> = Result extends Recorded<infer Value> ? ReadBack<Value> : never

/** The arguments that a worker is enqueued with. */
export type InputOf<W extends AnyWorker> = NonNullable<W['~types']>['input']

/** The arguments that its `process` sees. */
export type OutputOf<W extends AnyWorker> = NonNullable<W['~types']>['output']

/** What it records. */
export type RecordedOf<W extends AnyWorker> = NonNullable<W['~types']>['recorded']

/** A job of this worker, as stored. */
export type JobOf<W extends AnyWorker> = Job<InputOf<W>, RecordedOf<W>>

/** Arguments and options; the arguments may be left out where `{}` is valid. */
export type NewParams<Input, Options> = {} extends Input
  ? [args?: Input, options?: Options]
  : [args: Input, options?: Options]

/** A worker that this program knows by name only, perhaps of another language. */
export interface NamedWorker extends AnyWorker {
  readonly '~types'?: {
    readonly input: JsonObject
    readonly output: JsonObject
    readonly recorded: unknown
  }
}

/**
 * The parameters of `oban.enqueue<typeof Resize>('Media.Resize', args, options)`: by name, with the
 * types of a worker that is imported as a type only. Without the type any JSON object will do.
 */
export type NamedEnqueueArgs<W extends AnyWorker, Options> = [
  name: string,
  ...params: NewParams<InputOf<W>, Options>,
]
