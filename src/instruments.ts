/**
 * Who follows jobs on their way in and through their bodies, as a tracer does: nobody, unless somebody
 * asked to. Then what is followed costs; otherwise a look at one property.
 *
 * They live on `globalThis`, as the registry does: the module that sets one and the one that runs jobs
 * may be two copies of the package. Each thread has its own.
 */
import type { JobRow } from './job.ts'
import type { NewJob } from './job/new-job.ts'
import type { Outcome, Settled } from './protocol/outcome.ts'

/** Jobs of one call that are about to be stored. */
export interface Sending {
  readonly instance: string
  readonly jobs: readonly NewJob[]
  /** Whether the call takes many jobs, however many there are. */
  readonly isBatch: boolean
  /** Whether a caller's client takes them, and not the instance. */
  readonly hasClient: boolean
  /** Who called: code of this thread, or a job in a thread, for which it is done. */
  readonly caller: 'here' | 'thread'
}

/** How an attempt ended here. */
export interface AttemptEnd {
  readonly outcome: Outcome
  /** What was thrown, of one that failed. */
  readonly error: unknown
  /** Whether the job had been cancelled: then it has not failed. */
  readonly wasCancelled: boolean
}

/** One attempt, while somebody follows it. */
export interface Attempt {
  /** Call the code that leads to the body, and all that it starts, as part of the attempt. */
  readonly run: <Result>(code: () => Result) => Result
  /** Called once, or never when the body did not begin after all. */
  readonly end: (end: AttemptEnd) => void
}

/** None of its functions throws, but for what `store` throws. */
export interface Instrument {
  /** Have jobs stored, perhaps with more in their meta. */
  readonly send: (
    sending: Sending,
    store: (jobs: readonly NewJob[]) => Promise<readonly JobRow[]>,
  ) => Promise<readonly JobRow[]>
  /** Call code that belongs to nothing that goes on now, as what starts a whole instance. */
  readonly detach: <Result>(code: () => Result) => Result
  /** A body is about to run in this thread. */
  readonly begin: (instance: string, row: JobRow) => Attempt | undefined
  /** An attempt has ended that was not followed where it ran: nobody could, or its thread is gone. */
  readonly missed: (instance: string, settled: Settled) => void
}

const key: unique symbol = Symbol.for('oban-ts.instruments')

interface Held {
  readonly instrument: Instrument
  readonly onEnd: () => void
}

/** By the name of the instance; undefined stands for all that have none of their own. */
type Instruments = Map<string | undefined, Held>

const host: typeof globalThis & { [key]?: Instruments | undefined } = globalThis

/** Who follows the jobs of an instance. */
export function instrumentOf(instance: string): Instrument | undefined {
  const instruments = host[key]

  return instruments && (instruments.get(instance) ?? instruments.get(undefined))?.instrument
}

/**
 * Have the jobs of an instance followed, or of all, by this one instead of any other.
 *
 * @param onEnd - called once when it has ended, or another has taken its place
 * @returns ends it; harmless when it has ended
 */
export function setInstrument(
  instance: string | undefined,
  instrument: Instrument,
  onEnd: () => void,
): () => void {
  const instruments = (host[key] ??= new Map())
  const former = instruments.get(instance)
  instruments.set(instance, { instrument, onEnd })
  former?.onEnd()

  return () => {
    if (host[key]?.get(instance)?.instrument !== instrument) return
    host[key].delete(instance)
    if (host[key].size === 0) host[key] = undefined
    onEnd()
  }
}
