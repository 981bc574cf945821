/** Calls a body through the user's `around`, whatever that does. */
import { AroundError } from '../job-errors.ts'
import type { Around, ProcessResult, RunningJob } from '../worker/execution.ts'
import { isCancel, isRecorded, isSnooze } from '../worker/results.ts'

type Body = () => ProcessResult | Promise<ProcessResult>

/**
 * Run a body inside `around`. Settles only once the body has ended too, if it began: the next attempt
 * must not overlap it.
 *
 * @throws {AroundError} when `around` ended without an answer and without having called `next`
 * @throws what `around` threw, or else what the body threw
 */
export async function surround(
  around: Around,
  job: RunningJob<unknown>,
  body: Body,
): Promise<ProcessResult> {
  let phase: 'fresh' | 'called' | 'over' = 'fresh'
  let running: Promise<ProcessResult> | undefined
  let ended: Promise<unknown> | undefined

  const next = (): Promise<ProcessResult> => {
    if (phase === 'called') throw new AroundError('called next() twice; the body ran once')
    if (phase === 'over') throw new AroundError('called next() after it had ended')
    phase = 'called'
    running = begin(body)
    // Who does not wait for it must not cause an unhandled rejection.
    ended = Promise.allSettled([running])

    return running
  }

  try {
    const answer: unknown = await around(job, next)
    if (isAnswer(answer)) return answer
    if (running === undefined) {
      throw new AroundError(
        'ended without calling next(): return cancel() or snooze() to skip a job',
      )
    }

    return await running
  } finally {
    phase = 'over'
    await ended
  }
}

async function begin(body: Body): Promise<ProcessResult> {
  return body()
}

function isAnswer(value: unknown): value is NonNullable<ProcessResult> {
  return isCancel(value) || isSnooze(value) || isRecorded(value)
}
