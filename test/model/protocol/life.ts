/**
 * Nodes and queues that start, stop, crash and die: `src/tree/queue.ts`, `src/actors/watchman.ts`, and the
 * stop of an instance from the queues to the refresher.
 */
import { endFetch } from './producer.ts'
import { noBeat } from './refresher.ts'
import { GAP, isInThread, isSettled, type State } from './state.ts'
import { release, settleJob } from './statements.ts'
import {
  claimsOn,
  existing,
  mayFail,
  nodeName,
  reaches,
  type Scene,
  type Steps,
  type World,
} from './world.ts'

export const living: Steps = (state, world, take) => {
  for (const [index, node] of state.nodes.entries()) {
    const who = nodeName(index)
    const tenure = state.producers[node.producer]?.tenure
    if (node.status === 'down' && unborn(state, world, index) >= 0) {
      take(`${who} starts`, (next) => boot(next, index))
    }
    if (node.status !== 'up') continue
    if (tenure === 'lost') {
      take(`the queue of ${who} starts again, as its producer is dead`, (next) => {
        replace(next, index)
      })
    }
    if (tenure === 'held' && node.life === 'running' && mayFail(state, world, 'restart')) {
      take(`the queue of ${who} crashes and starts again`, (next) => replace(next, index), true)
    }
    if (node.life === 'running' && mayFail(state, world, 'stop')) {
      take(
        `${who} is asked to stop`,
        (next) => {
          next.node(index).life = 'draining'
        },
        true,
      )
    }
    if (node.life === 'draining') stopping(index)(state, world, take)
  }
}

/** The end of a stop: threads, acknowledgements, the last comparison, the producer's row. */
function stopping(index: number): Steps {
  return (state, world, take) => {
    const node = existing(state.nodes[index])
    const { tenure } = state.producers[node.producer] ?? {}
    const who = nodeName(index)
    const claims = [...claimsOn(state, world, index)].map(({ claim }) => claim)
    const isWorking = node.fetch.isAwaited || claims.some(({ phase }) => isInThread(phase))
    if (node.drainingFor > 0 && claims.some(({ phase }) => isInThread(phase))) {
      take(`the grace of ${who} is over: its threads end`, (next) => endThreads(next, index))
    }
    if (isWorking) return
    const isEmpty = !claims.some(({ phase }) => isSettled(phase))
    if (isEmpty && (tenure === 'held' || tenure === 'new')) {
      take(`${who} resigns`, (next) => {
        const producer = next.producer(node.producer)
        producer.tenure = tenure === 'held' ? 'retired' : 'gone'
        const { beat } = next.node(index)
        if (beat.phase === 'done') beat.phase = 'due'
      })
    }
    // With the database away it gives up.
    if (tenure === 'gone' || (node.drainingFor > 0 && !reaches(state, node))) {
      take(`${who} has stopped`, (next) => die(next, index))
    }
  }
}

/** The pool ends its threads, and then a new tenure begins. What the old one held is wound up. */
function replace(scene: Scene, index: number): void {
  const node = scene.node(index)
  endThreads(scene, index)
  const producer = scene.producer(node.producer)
  if (producer.tenure === 'held') producer.tenure = 'retired'
  if (node.fetch.isAwaited) abandonFetch(scene, index)
  employ(scene, index)
}

function employ(scene: Scene, index: number): void {
  const node = scene.node(index)
  const next = unborn(scene.state, scene.world, index)
  node.producer = next
  if (next >= 0) scene.producer(next).tenure = 'new'
}

function unborn(state: State, { size: { producers } }: World, index: number): number {
  for (let turn = 0; turn < producers; turn += 1) {
    const number = index * producers + turn
    if (state.producers[number]?.tenure === 'unborn') return number
  }

  return -1
}

/** What threads were given is handed back when they have exited. */
function endThreads(scene: Scene, index: number): void {
  for (const { job, number, claim } of claimsOn(scene.state, scene.world, index)) {
    if (!isInThread(claim.phase)) continue
    if (scene.has('threads-end-first') || claim.phase !== 'running') claim.phase = 'returned'
    else settleJob(scene, job, number, 'returned')
  }
}

/** Nobody waits for the answer any more; what has reached the database goes on there. */
export function abandonFetch(scene: Scene, index: number): void {
  const { fetch } = scene.node(index)
  fetch.isAwaited = false
  if (fetch.phase === 'answered') endFetch(scene, index)
}

/** Everything that a process knew is gone with it. */
export function die(scene: Scene, index: number): void {
  const node = scene.node(index)
  const { producers } = scene.world.size
  for (const { claim } of claimsOn(scene.state, scene.world, index)) release(claim)
  abandonFetch(scene, index)
  for (let turn = 0; turn < producers; turn += 1) {
    const producer = scene.producer(index * producers + turn)
    if (producer.tenure !== 'unborn') producer.tenure = 'gone'
  }
  forgetAll(scene, index)
  node.status = 'down'
  node.life = 'stopped'
  node.producer = -1
}

function forgetAll(scene: Scene, index: number): void {
  const node = scene.node(index)
  Object.assign(node.beat, { ...noBeat, phase: 'due' })
  for (const sight of node.sights) Object.assign(sight, { age: -1, hasBeaten: false })
  Object.assign(node, {
    backs: 0,
    rescues: 0,
    hasLooked: false,
    lookFor: 0,
    lookedFor: GAP + 1,
    drainingFor: 0,
    wasHampered: false,
    isCut: false,
  })
}

function boot(scene: Scene, index: number): void {
  const node = scene.node(index)
  node.status = 'up'
  node.life = 'running'
  employ(scene, index)
}
