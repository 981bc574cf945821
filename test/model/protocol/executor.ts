/**
 * Bodies: `src/threads/executor.ts`. The look at the lease and the first line of the body are two steps,
 * as a process can be frozen between any two instructions.
 */
import { LEASE, type Claim, type State } from './state.ts'
import { claimsOn, mayFail, named, nodeName, type Scene, type Steps } from './world.ts'

export const executing: Steps = (state, world, take) => {
  const mayFreeze = mayFail(state, world, 'pause')
  for (const [index, node] of state.nodes.entries()) {
    if (node.status !== 'up') continue
    const who = nodeName(index)
    for (const { job, number, claim } of claimsOn(state, world, index)) {
      const what = named(job, number)
      if (claim.phase === 'posted' && mayStart(state, claim, world.without)) {
        // Who cannot be frozen does both at once.
        const label = `${who} ${mayFreeze ? 'looks at the lease for' : 'starts the body of'} ${what}`
        take(label, (next) => {
          const run = next.claim(job, number)
          if (run.abort !== 'none') next.breaks('a run started that its node had been asked to end')
          run.phase = 'checked'
          if (!mayFreeze) start(next, job, number)
        })
      }
      if (claim.phase === 'checked') {
        take(`${who} starts the body of ${what}`, (next) => start(next, job, number))
      }
      if (claim.abort === 'asked') {
        take(`the thread of ${who} hears that ${what} is to end`, (next) => {
          hear(next.claim(job, number))
        })
      }
      if (claim.phase === 'running') {
        const ends = ['completed', ...world.outcomes] as const
        for (const end of ends) {
          take(`the body of ${what} on ${who} ends: ${end}`, (next) => {
            next.claim(job, number).phase = end
          })
        }
        if (claim.abort === 'heard') {
          take(`${who} ends the thread of ${what}`, (next) => {
            next.claim(job, number).phase = 'returned'
          })
        }
      }
    }
  }
}

/** A run is to end: one whose body has not begun never begins. */
export function abort(scene: Scene, claim: Claim): void {
  if (claim.abort === 'asked' || claim.abort === 'heard') return
  claim.abort = 'asked'
  // What the thread does before it hears it waits for it, so that it might as well have heard.
  if (scene.has('aborts-first')) hear(claim)
}

function hear(claim: Claim): void {
  claim.abort = 'heard'
  if (claim.phase === 'posted') claim.phase = 'returned'
}

function mayStart(state: State, claim: Claim, without: ReadonlySet<string>): boolean {
  const { leaseFor = LEASE } = state.producers[claim.producer] ?? {}
  if (leaseFor >= LEASE && !without.has('lease')) return false

  return (
    claim.abort === 'none' ||
    claim.abort === 'unheeded' ||
    (claim.abort === 'asked' && without.has('aborts-first'))
  )
}

/** The first line of a body. Whatever it does that it should not do is seen here. */
function start(scene: Scene, job: number, number: number): void {
  const { state, world } = scene
  const row = scene.job(job)
  const run = scene.claim(job, number)
  run.phase = 'running'
  // Frozen after the look at the lease: admitted by the documents.
  if (run.wasFrozen && !world.isStrict) return
  if (row.state === 'completed') scene.breaks('a job started after its acknowledgement had landed')
  if (row.claim !== number || row.state === 'available') {
    scene.breaks('a job started that belonged to others')
  }
  for (const [place, other] of row.claims.entries()) {
    if (place + 1 === number || other.phase !== 'running') continue
    if (!isAdmitted(scene, other, job) || world.isStrict) {
      scene.breaks('two bodies of one job ran at a time')
    }
  }
  if (state.producers[run.producer]?.row === 'none')
    scene.breaks('a job started without a producer')
}

/** What the documents admit: a body that runs on although its job has been given to others. */
function isAdmitted({ state, world }: Scene, other: Claim, job: number): boolean {
  // Its node was frozen or cut off until others declared it dead.
  if (state.producers[other.producer]?.row !== 'alive') return true
  // Its job was cancelled, and retried when a node that nothing has hindered would have ended it.
  const wasHindered = state.faults < world.size.faults && !other.wasMissed

  return wasHindered && state.jobs[job]?.wasHeld === true
}
