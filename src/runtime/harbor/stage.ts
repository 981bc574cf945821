/** What the stager does to the database. */
import type { StagerInput, Staging } from '../../actors/stager.ts'
import { stageJobs } from '../../engine/jobs.ts'
import { isOverdue } from '../../engine/refusal.ts'
import { emit } from '../../telemetry/channels.ts'
import { spanOf } from '../../telemetry/span.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'
import { wake } from '../wake.ts'

const stageSpan = spanOf('stager.stage')

/** Kept with a job that was available with no attempt left. */
export const EXHAUSTED = JSON.stringify({
  error: 'OBAN_JOB_EXHAUSTED: the job was available with no attempt left',
})

export function stagerInput(runtime: Runtime): StagerInput {
  const { clock, config, origin } = runtime

  return {
    ...config.stager,
    now: clock.now,
    stage: (limit, signal) => stage(runtime, limit, signal),
    wake: (queues) => {
      wake(runtime, queues)
    },
    onFailed: (error) => {
      reportFailure(origin, 'stager', error)
    },
  }
}

/** Stage up to `limit` jobs of this node's queues. */
async function stage(
  { connections, queues, origin }: Runtime,
  limit: number,
  signal: AbortSignal,
): Promise<Staging> {
  if (queues.size === 0) return { queues: [], timeout: undefined }
  const db = { ...connections.stage, signal }
  try {
    const { stagedCount, queues: available } = await stageSpan.around(
      origin,
      async () => {
        const rows = await stageJobs(db, [...queues.keys()], limit, null, EXHAUSTED)

        return {
          stagedCount: rows.reduce((sum, { staged }) => sum + Number(staged), 0),
          queues: rows.map(({ queue }) => queue),
        }
      },
      (staged) => staged,
    )
    if (available.length > 0) emit('stager.stage', { ...origin, stagedCount, queues: available })

    return { queues: available, timeout: undefined }
  } catch (error) {
    if (!isOverdue(error)) throw error

    return { queues: [], timeout: error }
  }
}
