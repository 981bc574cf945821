/**
 * Runs one job in the call that asks for it, with the executor that queues have, so that signal, timeout,
 * schema and answers are what they are in production. Touches no database.
 */
import { randomUUID } from 'node:crypto'
import { Alarms } from '../alarms.ts'
import { defaultBackoff } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import { parseJob } from '../job.ts'
import { JobTimeoutError, type AbortCode } from '../job-errors.ts'
import type { JsonObject } from '../job/json.ts'
import { heedCancellation, type Outcome, type Settled } from '../protocol/outcome.ts'
import type { ClaimedRow } from '../protocol/claimed-row.ts'
import { Tenure, type Run } from '../protocol/tenure.ts'
import { InlinePool, type InlineOptions } from '../threads/inline.ts'
import type { OwnRow } from '../threads/own-job.ts'
import type { LogLine } from '../threads/protocol.ts'
import { errorText, serializeError } from '../threads/serialized-error.ts'
import type { WorkerDefinition } from '../worker/definition.ts'
import { timeoutOf } from '../worker/timeout.ts'

export interface RunHereInput extends Pick<InlineOptions, 'around' | 'context' | 'handle'> {
  readonly clock: Clock
  /** Undefined for a worker that nobody here knows. */
  readonly definition: WorkerDefinition | undefined
  readonly row: ClaimedRow
  readonly onLog: (line: LogLine) => void
  /** Told that the body begins, as the first thing that it does. Default: nobody */
  readonly onBegin?: (run: Run, abort: (code: AbortCode) => void) => void
}

export interface RanHere {
  readonly settled: Settled
  /** What the attempt failed with, as it was thrown. */
  readonly failure: { readonly error: unknown } | undefined
  /** What the body merged into its meta, and recorded with `complete()`. */
  readonly patch: JsonObject
}

/** The lease of a run that no other node can take over: a thousand years. */
const FOR_EVER_MS = 1_000 * 365 * 86_400_000

/** Run a job to its end. A body that goes on a second after it should have ended is given up. */
export function runHere({
  clock,
  definition,
  row,
  onBegin,
  ...surrounding
}: RunHereInput): Promise<RanHere> {
  const tenure = new Tenure(randomUUID(), row.queue, clock.now())
  tenure.trust(clock.monotonicMs() + FOR_EVER_MS)
  const run = tenure.claim(row)
  const { own, patchOf } = ownInMemory(run)
  let failure: RanHere['failure']

  return new Promise((resolve) => {
    const end = (ended: Settled) => {
      const settled = heedCancellation(ended)
      resolve({ settled, failure, patch: patchOf(settled) })
    }
    const abort = (code: AbortCode) => {
      run.isCancelled ||= code === 'OBAN_CANCELLED'
      pool.abort(run, code)
    }
    const begin = () => onBegin?.(run, abort)
    const pool = new InlinePool({
      ...surrounding,
      find: () => definition && beginningWith(definition, begin),
      unknownWorkers: 'fail',
      lease: tenure.lease,
      alarms: new Alarms(clock),
      clock,
      onThrown: (error) => {
        failure = { error }
      },
      onSettled: (items) => {
        items.forEach(end)
      },
      onStuck: () => {
        const error = stuckError(row, definition)
        failure = { error }
        end({ run, outcome: failed(row, error), durationMs: 0 })
      },
      own,
    })
    pool.run([run])
  })
}

/** The row of a job that stands in no table. */
export function ownInMemory(run: Pick<Run, 'isCancelled'>): {
  own: OwnRow
  patchOf: (settled: Settled) => JsonObject
} {
  let patch: JsonObject = {}
  let completion: JsonObject = {}

  return {
    own: {
      patch: (_, members) => {
        patch = { ...patch, ...members }

        return Promise.resolve(!run.isCancelled)
      },
      completing: () => Promise.resolve(),
      complete: (_, __, members) => {
        completion = members ?? {}

        return Promise.resolve(!run.isCancelled)
      },
    },
    // Who fails after `complete()` has most likely rolled back its transaction.
    patchOf: ({ outcome }) => (outcome.kind === 'completed' ? { ...patch, ...completion } : patch),
  }
}

function beginningWith(definition: WorkerDefinition, begin: () => void): WorkerDefinition {
  const { process } = definition
  if (process === undefined) return definition

  return {
    ...definition,
    process: (job, tools) => {
      begin()

      return process(job, tools)
    },
  }
}

function stuckError(row: ClaimedRow, definition: WorkerDefinition | undefined): JobTimeoutError {
  const timeoutMs = definition && timeoutOf(definition, () => parseJob(row))
  const cause = new Error(
    `worker "${row.worker}" went on for a second after its signal was aborted, and is given up: ` +
      'pass the signal on, or look at it between steps',
  )

  return new JobTimeoutError(timeoutMs ?? 0, { cause })
}

function failed(row: ClaimedRow, error: unknown): Outcome {
  return {
    kind: 'failed',
    error: errorText(serializeError(error)),
    backoffSeconds: defaultBackoff(parseJob(row)),
  }
}
