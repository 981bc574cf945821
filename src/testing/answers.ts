/** What a body answers, and whether it may. */
import { types } from 'node:util'
import { shown } from '../shown.ts'
import { TestingError } from '../testing-error.ts'
import type { WorkerDefinition } from '../worker/definition.ts'
import { isCancel, isRecorded, isSnooze, type Cancel, type Snooze } from '../worker/results.ts'

/** What is seen of a body while it runs. */
export interface Answer {
  /** Why it has cancelled or snoozed its job, returned or thrown. */
  verdict?: Cancel | Snooze
  /** It has returned what nobody would look at. */
  refusal?: TestingError
}

function remedyFor(returned: unknown): string {
  if (types.isNativeError(returned)) return 'throw it, as a job that returns an error completes'
  if (typeof returned === 'function') return 'call it, as in return cancel()'

  return 'return nothing, or record(value) to keep it'
}

function refusalOf(worker: string, returned: unknown): TestingError {
  // Without its stack, which is of no use here.
  const what = types.isNativeError(returned) ? `an error (${String(returned)})` : shown(returned)

  return new TestingError(
    `worker "${worker}" returned ${what}, which is lost: ${remedyFor(returned)}. ` +
      'A body may return nothing, record(value), cancel(reason) or snooze(duration)',
  )
}

/** A worker whose body is looked at: its answer is noted in `answer`. */
export function observed(definition: WorkerDefinition, answer: Answer): WorkerDefinition {
  const { name, process } = definition
  if (process === undefined) {
    throw new TestingError(
      `worker "${name}" has no process() here: import the module that gives it one, ` +
        'as a job definition of defineJob() is only what both sides know',
    )
  }

  return {
    ...definition,
    process: async (job, tools) => {
      try {
        const returned: unknown = await process(job, tools)
        if (returned === undefined || isRecorded(returned)) return returned
        if (isCancel(returned) || isSnooze(returned)) return (answer.verdict = returned)
        answer.refusal = refusalOf(name, returned)

        return undefined
      } catch (thrown) {
        if (isCancel(thrown) || isSnooze(thrown)) answer.verdict = thrown
        throw thrown
      }
    },
  }
}
