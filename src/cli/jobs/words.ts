/** What is said of a job in one line: when, how often, and how it failed. */
import type { Job } from '../../job.ts'
import { oneLine } from '../../telemetry/words.ts'
import { age } from '../quantity.ts'

type Timed = Pick<
  Job,
  'attemptedAt' | 'cancelledAt' | 'completedAt' | 'discardedAt' | 'scheduledAt' | 'state'
>

function ago(moment: Date | null, nowMs: number): string {
  return moment === null ? '' : `${age(nowMs - moment.getTime())} ago`
}

function since(moment: Date | null, nowMs: number): string {
  return moment === null ? '' : `for ${age(nowMs - moment.getTime())}`
}

function until(moment: Date, nowMs: number): string {
  const leftMs = moment.getTime() - nowMs

  return leftMs > 0 ? `in ${age(leftMs)}` : 'due now'
}

/** `for 12 s` in its state, `in 5 min` until it runs, `2 h ago` that it ended. */
export function whenOf(job: Timed, nowMs: number): string {
  switch (job.state) {
    case 'available':
      return since(job.scheduledAt, nowMs)
    case 'executing':
      return since(job.attemptedAt, nowMs)
    case 'scheduled':
    case 'retryable':
    case 'suspended':
      return until(job.scheduledAt, nowMs)
    case 'completed':
      return ago(job.completedAt, nowMs)
    case 'discarded':
      return ago(job.discardedAt, nowMs)
    case 'cancelled':
      return ago(job.cancelledAt, nowMs)
    default:
      return job.state satisfies never
  }
}

/** The first line of what the last attempt failed with; empty when none has. */
export function lastError({ errors }: Pick<Job, 'errors'>): string {
  return oneLine(errors.at(-1)?.error.split('\n', 1).join('') ?? '')
}

/** Text of others, of several lines, without what steers a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n)[\p{Cc}\u2028\u2029]/gu, ' ')
}
