/** Which jobs a test expects, as it says it. */
import type { Instant } from '../job/instant.ts'
import type { JobState } from '../job.ts'
import type { Period } from '../period.ts'
import type { AnyWorker } from '../worker/definition.ts'
import type { InputOf, NamedWorker } from '../worker/inference.ts'
import type { Wildcard } from './wildcard.ts'

/** Some members of a value, at any depth; each may be a wildcard. */
export type Part<Value> =
  | Wildcard
  | (Value extends readonly (infer Element)[]
      ? readonly Part<Element>[]
      : Value extends object
        ? { readonly [Key in keyof Value]?: Part<Value[Key]> }
        : Value)

type Fits<Value> = Value | Wildcard

/** Jobs that fit every member that is given. */
export interface Expectation<Named extends AnyWorker = NamedWorker> {
  /** A worker, which gives `args` its types, or a name. */
  readonly worker?: Fits<Named | string>
  /**
   * The job's args contain this: the same members, objects within objects, elements of lists in any order.
   * It is compared as JSON, so that a `Date` fits the string that is stored for it.
   */
  readonly args?: Part<InputOf<Named>>
  /** The same for its meta. */
  readonly meta?: Part<object> | { readonly [key: string]: unknown }
  readonly queue?: Fits<string>
  /** The job has all of them. */
  readonly tags?: Fits<string | readonly string[]>
  /** 0 (first) to 9. */
  readonly priority?: Fits<number>
  readonly maxAttempts?: Fits<number>
  readonly attempt?: Fits<number>
  /** One of them. Default: what has yet to run for the first time: available, scheduled, suspended */
  readonly state?: Fits<JobState | readonly JobState[]>
  /** Not more than `delta` from it, as the other times; `null` for none. */
  readonly scheduledAt?: Fits<Instant>
  /** From when the job was inserted, or from now; a bare number is seconds. Not more than `delta` off. */
  readonly scheduledIn?: Period
  readonly insertedAt?: Fits<Instant>
  readonly attemptedAt?: Fits<Instant | null>
  readonly completedAt?: Fits<Instant | null>
  readonly cancelledAt?: Fits<Instant | null>
  readonly discardedAt?: Fits<Instant | null>
}
