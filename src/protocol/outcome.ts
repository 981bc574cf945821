/** How a run ended, as its executor reports it, and what the database is to be told. */
import type { Run } from './tenure.ts'

export type Outcome =
  | { readonly kind: 'completed'; readonly recorded?: string }
  | { readonly kind: 'cancelled'; readonly error: string }
  | { readonly kind: 'snoozed'; readonly seconds: number }
  | { readonly kind: 'failed'; readonly error: string; readonly backoffSeconds: number }
  /** No definition of the worker is known here. */
  | { readonly kind: 'unknown' }
  /** It did not run to an end, through no fault of its own. */
  | { readonly kind: 'interrupted'; readonly suspect: boolean }

/** A run that ended. */
export interface Settled {
  readonly run: Run
  readonly outcome: Outcome
  /** How long the body ran, in milliseconds. */
  readonly durationMs: number
  /** Whether somebody has followed the attempt to its end where it ran. */
  readonly isFollowed?: true | undefined
}

/** A row of `settle_jobs.sql`. */
export interface Ack {
  readonly id: string
  readonly attempt: number
  readonly uuid: string
  readonly attempted_at: string
  readonly state: 'available' | 'cancelled' | 'completed' | 'discarded' | 'retryable' | 'scheduled'
  readonly restore: boolean
  readonly delay: number | null
  readonly error: { readonly attempt: number; readonly at: string; readonly error: string } | null
  readonly patch: Readonly<Record<string, boolean | string>> | null
  readonly counter: 'snoozed' | null
  /** The run meant to complete its job by itself: that the job is completed may be its doing. */
  readonly own?: true
}

export interface AckOptions {
  readonly random: () => number
  /** The wall clock, for the moment of an error entry. */
  readonly now: () => Date
}

/** A claim whose acknowledgement it is. */
type Claim = Pick<Ack, 'attempted_at' | 'id'> & { readonly attempt: string }

/** Hand back a row that was claimed and never ran here, exactly as this claim left it. */
export function giveBack(row: Claim & Pick<Ack, 'uuid'>): Ack {
  return { ...plain(row, row.uuid), state: 'available', restore: true }
}

/** That of a job that completed, and nothing besides. */
function plain({ id, attempt, attempted_at }: Claim, uuid: string): Ack {
  return {
    id,
    attempt: Number(attempt),
    uuid,
    attempted_at,
    state: 'completed',
    restore: false,
    delay: null,
    error: null,
    patch: null,
    counter: null,
  }
}

/** Seconds after which a job of an unknown worker is offered again: 15 to 30. */
function releaseDelay(random: () => number): number {
  return 15 + 15 * random()
}

const WHILE_IT_RAN = 'job was cancelled while it ran'

/**
 * How a run ended whose job somebody has cancelled: not to be tried again, whatever it ended with. Elixir
 * and we store a cancellation before we send it; oban-py sends it and leaves the row as it is. A completion
 * wins in both.
 */
export function heedCancellation(settled: Settled): Settled {
  const { run, outcome } = settled
  if (!run.isCancelled || outcome.kind === 'completed' || outcome.kind === 'cancelled')
    return settled
  const error = outcome.kind === 'failed' ? outcome.error : WHILE_IT_RAN

  return { ...settled, outcome: { kind: 'cancelled', error } }
}

/** What the database is to be told of a run that ended. */
export function acknowledge({ run, outcome }: Settled, options: AckOptions): Ack {
  const { job, tenure } = run
  const completed = plain(job, tenure.uuid)
  const { attempt } = completed
  const base: Ack = run.completesItself ? { ...completed, own: true } : completed
  const entry = (error: string) => ({ attempt, at: options.now().toISOString(), error })
  switch (outcome.kind) {
    case 'completed':
      return outcome.recorded === undefined
        ? base
        : { ...base, patch: { recorded: true, return: outcome.recorded } }
    case 'cancelled':
      return { ...base, state: 'cancelled', error: entry(outcome.error) }
    case 'snoozed':
      return {
        ...base,
        state: 'scheduled',
        restore: true,
        delay: outcome.seconds,
        counter: 'snoozed',
      }
    case 'failed':
      return attempt >= Number(job.max_attempts)
        ? { ...base, state: 'discarded', error: entry(outcome.error) }
        : {
            ...base,
            state: 'retryable',
            delay: outcome.backoffSeconds,
            error: entry(outcome.error),
          }
    case 'unknown':
      return { ...base, state: 'scheduled', restore: true, delay: releaseDelay(options.random) }
    case 'interrupted':
      return {
        ...base,
        state: 'available',
        restore: true,
        patch: outcome.suspect ? { suspect: true } : null,
        // For a job that was cancelled; one that is given back has no error.
        error: entry(WHILE_IT_RAN),
      }
    default:
      return outcome satisfies never
  }
}
