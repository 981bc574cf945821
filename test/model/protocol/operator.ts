/** What users do to jobs, and the notifications that follow: `cancel_jobs.sql`, `retry_jobs.sql`, `stage_jobs.sql`. */
import { abort } from './executor.ts'
import { isAwaited } from './producer.ts'
import { HOLD, isInThread } from './state.ts'
import { cancelJob, retryJob } from './statements.ts'
import { claimsOn, named, nodeName, reaches, type Steps } from './world.ts'

export const operating: Steps = (state, world, take) => {
  for (const [index, node] of state.nodes.entries()) {
    if (!reaches(state, node)) continue
    // Nobody relies on them: one that is never heard is a lost one.
    for (const { job, number, claim } of claimsOn(state, world, index)) {
      if (!claim.isSignalled) continue
      const label = `${nodeName(index)} hears that ${named(job, number)} is cancelled`
      take(label, (next) => {
        const run = next.claim(job, number)
        run.isSignalled = false
        if (isInThread(run.phase)) abort(next, run)
        else if (isAwaited(state, job, number)) run.abort = 'unheeded'
      })
    }
  }
  if (!state.isUp) return
  for (const [job, { state: its, cancelledFor }] of state.jobs.entries()) {
    const what = `job ${job + 1}`
    if (state.cancels > 0 && (its === 'available' || its === 'executing')) {
      take(`${what} is cancelled`, (next) => {
        next.state.cancels -= 1
        cancelJob(next, job)
      })
    }
    if (its === 'cancelled') take(`${what} is retried`, (next) => retryJob(next, job, HOLD))
    if (its === 'scheduled' && cancelledFor >= HOLD) {
      take(`${what} is staged`, (next) => {
        const row = next.job(job)
        row.state = 'available'
        row.cancelledFor = 0
        row.wasHeld = true
      })
    }
  }
}
