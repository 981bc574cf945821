/**
 * The passing of time. What a sound node does every five seconds, and what a sound database does at once,
 * has to be done before a tick: that it comes later is a fault, and costs one.
 */
import { abandonFetch } from './life.ts'
import { endFetch } from './producer.ts'
import { DEAD, GAP, HOLD, isInThread, LEASE, type Claim, type Node, type State } from './state.ts'
import { claimsOn, reaches, type Scene, type Steps, type World } from './world.ts'

export const passing: Steps = (state, world, take) => {
  if (isOver(state)) return
  for (const [index, node] of state.nodes.entries()) {
    if (isAnswerDue(state, node) || isNodeBusy(state, world, index, node)) return
  }
  take('5 seconds pass', (next) => tick(next))
}

/** Nothing can happen to any job any more, so there is nothing to see. */
export function isOver(state: State): boolean {
  return (
    state.jobs.every(
      ({ state: its, claims }) =>
        its === 'completed' && claims.every(({ phase }) => phase === 'released'),
    ) && state.nodes.every(({ fetch }) => fetch.phase === 'none')
  )
}

/** The database and the network take less than a tick for a claim. */
function isAnswerDue(state: State, { fetch, status, isCut }: Node): boolean {
  if (fetch.phase === 'begun') return !fetch.isLate
  if (fetch.phase === 'sent') return state.isUp && !isCut && !fetch.isLate

  return fetch.phase === 'answered' && status === 'up' && !isCut
}

function isNodeBusy(state: State, world: World, index: number, node: Node): boolean {
  if (node.status !== 'up') return false
  for (const { claim } of claimsOn(state, world, index)) if (isUrgent(claim)) return true
  const tenure = state.producers[node.producer]?.tenure
  if (tenure === 'lost') return true
  if (node.beat.phase === 'comparing') return true
  if (!reaches(state, node)) return false
  if (tenure === 'new' || node.beat.phase !== 'done' || !node.hasLooked) return true

  return node.backs !== 0 || node.rescues !== 0
}

/** What a process does in less than a tick. A body that was asked to end is ended by force within two. */
function isUrgent({ phase, abort, abortedFor }: Claim): boolean {
  if (phase === 'checked' || abort === 'asked') return true

  return phase === 'running' && abort === 'heard' && abortedFor > 0
}

function tick(scene: Scene): void {
  const { state } = scene
  for (const producer of state.producers) {
    producer.leaseFor = Math.min(producer.leaseFor + 1, LEASE)
  }
  for (const job of state.jobs) {
    if (job.state === 'cancelled' || job.state === 'scheduled') {
      job.cancelledFor = Math.min(job.cancelledFor + 1, HOLD)
    }
    for (const claim of job.claims) {
      if (claim.abort === 'heard' && isInThread(claim.phase)) claim.abortedFor = 1
    }
  }
  for (const [index, node] of state.nodes.entries())
    if (node.status !== 'down') age(scene, index, node)
}

function age(scene: Scene, index: number, node: Node): void {
  for (const sight of node.sights) if (sight.age >= 0) sight.age = Math.min(sight.age + 1, DEAD + 1)
  node.lookedFor = Math.min(node.lookedFor + 1, GAP + 2)
  if (node.status === 'up') {
    // A query has two seconds, or five; who was frozen finds the answer instead.
    if (node.fetch.isAwaited) abandonFetch(scene, index)
    node.rescues = 0
    node.lookFor = 0
  } else {
    if (!node.hasLooked) node.lookFor = Math.min(node.lookFor + 1, GAP + 1)
    if (node.fetch.isAwaited) node.fetch.isOld = true
  }
  if (node.fetch.phase === 'sent' && !node.fetch.isLate) endFetch(scene, index)
  node.hasLooked = false
  const { beat } = node
  if (beat.phase === 'done') beat.phase = 'due'
  else if (beat.phase === 'reading' && !reaches(scene.state, node) && node.status === 'up') {
    beat.phase = 'due'
    Object.assign(beat, { age: 0, alive: 0, fetching: 0, fetched: 0, held: 0, executing: 0 })
  } else if (beat.phase !== 'due') beat.age = Math.min(beat.age + 1, LEASE)
  if (node.life === 'draining') node.drainingFor = 1
}
