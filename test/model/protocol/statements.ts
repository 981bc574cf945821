/** What the statements of `src/engine/queries` do to rows. Each is one transaction, and so one step. */
import { claimOf, type Claim, type Settlement } from './state.ts'
import type { Scene } from './world.ts'

/** The end of `fetch_jobs.sql`: the chosen job is executing. */
export function claimJob(scene: Scene, job: number, producer: number): void {
  const row = scene.job(job)
  if (row.attempt !== row.spent) scene.breaks('an attempt was miscounted')
  row.state = 'executing'
  row.attempt += 1
  row.owner = producer
  row.claim += 1
  row.cancelledFor = 0
  row.claims.push({
    producer,
    attempt: row.attempt,
    phase: 'claimed',
    abort: 'none',
    abortedFor: 0,
    isSignalled: false,
    wasFrozen: false,
    wasMissed: false,
  })
}

/** `complete_jobs.sql` and `settle_jobs.sql`: nothing happens unless the fences let it. */
export function settleJob(scene: Scene, job: number, claim: number, kind: Settlement): void {
  const row = scene.job(job)
  const { producer, attempt } = scene.claim(job, claim)
  const isOwn = row.owner === producer && row.attempt === attempt
  if (!isOwn && scene.has('owner-fence')) return
  // Only what may hand the same attempt out again needs more than its number.
  if (kind !== 'completed' && row.claim !== claim && scene.has('claim-fence')) return
  // A completion wins over a cancellation.
  if (kind === 'completed' && (row.state === 'executing' || row.state === 'cancelled')) {
    row.state = 'completed'
  } else if (row.state === 'executing') {
    row.state = 'available'
    if (kind === 'failed') row.spent += 1
    else row.attempt = Math.max(row.attempt - 1, 0)
    // What was handed back is another claim than the one that is over.
    if (row.claim !== claim) scene.breaks('an attempt was miscounted')
  }
  if (row.state !== 'cancelled') row.cancelledFor = 0
}

/** `rescue_jobs.sql`, of a row that is dead by now. A rescue counts the attempt. */
export function rescueJobs(scene: Scene, producer: number, passedOver: number): void {
  for (const [job, row] of scene.state.jobs.entries()) {
    if (row.state !== 'executing' || row.owner !== producer || job === passedOver) continue
    row.state = 'available'
    row.spent += 1
  }
}

/** Whether a job is executing under a producer. */
export function hasExecuting(scene: Pick<Scene, 'state'>, producer: number): boolean {
  return scene.state.jobs.some(({ state, owner }) => state === 'executing' && owner === producer)
}

/** `cancel_jobs.sql`, with the notification of nodes that may hold the job. */
export function cancelJob(scene: Scene, job: number): void {
  const row = scene.job(job)
  const claim = row.state === 'executing' ? claimOf(row) : undefined
  if (claim) {
    row.spent += 1
    if (claim.phase !== 'released') claim.isSignalled = true
  }
  row.state = 'cancelled'
  row.cancelledFor = 0
}

/** `retry_jobs.sql`: held back while a live producer may not have heard of the cancellation. */
export function retryJob(scene: Scene, job: number, hold: number): void {
  const row = scene.job(job)
  const isRecent = row.cancelledFor < hold
  const owner = row.owner < 0 ? undefined : scene.producer(row.owner)
  row.state =
    isRecent && owner?.row === 'alive' && scene.has('retry-hold') ? 'scheduled' : 'available'
  row.spent = row.attempt
  if (!isRecent) row.wasHeld = true
  if (row.state === 'available') row.cancelledFor = 0
}

/** Nothing of a claim is left on its node. */
export function release(claim: Claim): void {
  claim.phase = 'released'
  claim.abort = 'none'
  claim.abortedFor = 0
  claim.isSignalled = false
  claim.wasFrozen = false
  claim.wasMissed = false
}
