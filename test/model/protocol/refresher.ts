/**
 * Heartbeats and the comparison: `src/actors/refresher.ts`, `src/runtime/beat.ts`,
 * `src/protocol/reconcile.ts`. Three moments count: when the beat is sent and what is held is noted, when
 * the database is read, and when the two are compared.
 */
import { abort } from './executor.ts'
import { mayBeat } from './turns.ts'
import { bitOf, isHeld, isInThread, MOST_CLAIMS, type Node } from './state.ts'
import { hasExecuting, release, settleJob } from './statements.ts'
import {
  claimsOn,
  existing,
  mayFail,
  named,
  nodeName,
  reaches,
  type Scene,
  type Steps,
} from './world.ts'

export const refreshing: Steps = (state, world, take) => {
  for (const [index, node] of state.nodes.entries()) {
    const who = nodeName(index)
    const { phase } = node.beat
    if (phase === 'comparing' && node.status === 'up') {
      take(`${who} compares what it holds with what was read`, (next) => compare(next, index))
    }
    if (!reaches(state, node)) continue
    if (phase === 'due' && mayBeat(state, index)) {
      take(`${who} beats`, (next) => beat(next, index))
    }
    if (phase === 'reading') {
      take(`the database reads what ${who} is executing`, (next) => read(next, index))
    }
    if ((phase === 'reading' || phase === 'comparing') && mayFail(state, world, 'lose')) {
      take(
        `an answer to the refresher of ${who} gets lost`,
        (next) => {
          Object.assign(next.node(index).beat, { ...noBeat, phase: 'done' })
          next.node(index).wasHampered = true
        },
        true,
      )
    }
    for (const { job, number, bit } of membersOf(node.backs)) {
      const what = `the give-back of ${named(job, number)} by ${who}`
      take(`${what} lands`, (next) => {
        next.node(index).backs &= ~bit
        settleJob(next, job, number, 'returned')
        forget(next, job, number)
      })
      if (mayFail(state, world, 'late')) {
        take(
          `${what} is held up`,
          (next) => {
            next.node(index).backs &= ~bit
            next.state.stragglers.push({ job, claim: number, kind: 'returned' })
          },
          true,
        )
      }
    }
  }
}

export const noBeat = { age: 0, alive: 0, fetching: 0, fetched: 0, held: 0, executing: 0 }

function* membersOf(bits: number) {
  for (let left = bits; left !== 0; left &= left - 1) {
    const bit = left & -left
    const place = 31 - Math.clz32(bit)
    yield { bit, job: Math.floor(place / MOST_CLAIMS), number: (place % MOST_CLAIMS) + 1 }
  }
}

/** `beat_producers.sql`, its answer, and the glance at what is held. */
function beat(scene: Scene, index: number): void {
  const { state, world } = scene
  const node = scene.node(index)
  let alive = 0
  for (const [number, producer] of producersOf(scene, index)) {
    if (producer.tenure !== 'held' && producer.tenure !== 'retired') continue
    if (producer.row !== 'alive') {
      lose(scene, number)
      continue
    }
    alive |= 1 << number
    for (const { sights } of state.nodes) {
      const sight = existing(sights[number])
      if (sight.age >= 0) sight.hasBeaten = true
    }
  }
  let held = 0
  for (const { job, number, claim } of claimsOn(state, world, index)) {
    if (isHeld(claim.phase) && (alive & (1 << claim.producer)) !== 0) held |= bitOf(job, number)
  }
  const fetching = node.fetch.isAwaited ? 1 << node.fetch.producer : 0
  Object.assign(node.beat, { ...noBeat, phase: 'reading', alive, fetching, held })
  // With nothing to compare the rest is one step.
  if (alive === 0 || isIdle(scene, index)) {
    read(scene, index)
    compare(scene, index)
  }
}

/** Nothing is claimed here, and nothing is going to be just now. */
function isIdle({ state, world }: Scene, index: number): boolean {
  return (
    existing(state.nodes[index]).fetch.phase === 'none' &&
    claimsOn(state, world, index).next().done === true &&
    !state.jobs.some((job) => job.state === 'available' && job.claims.length < world.claims)
  )
}

/** Somebody has declared a producer dead: what it ran belongs to others. */
function lose(scene: Scene, number: number): void {
  scene.producer(number).tenure = 'lost'
  for (const row of scene.state.jobs) {
    for (const claim of row.claims) {
      if (claim.producer === number && isInThread(claim.phase)) abort(scene, claim)
    }
  }
}

/** `executing_jobs.sql` */
function read(scene: Scene, index: number): void {
  const { beat: mine } = scene.node(index)
  for (const [job, { state, owner, claim }] of scene.state.jobs.entries()) {
    if (state === 'executing' && (mine.alive & (1 << owner)) !== 0) {
      mine.executing |= bitOf(job, claim)
    }
  }
  mine.phase = 'comparing'
}

function compare(scene: Scene, index: number): void {
  const node = scene.node(index)
  const { alive, held, executing, age } = node.beat
  for (const { job, number } of membersOf(held & ~executing)) {
    const claim = scene.claim(job, number)
    if (!isInThread(claim.phase)) continue
    if (!scene.has('abort-missing')) claim.wasMissed = claim.phase === 'running'
    else abort(scene, claim)
  }
  if (scene.has('give-back')) {
    for (const { job, number, bit } of membersOf(executing)) {
      const { producer, phase } = scene.claim(job, number)
      if (!isHeld(phase) && !mayBeUnderWay(scene, node, producer)) node.backs |= bit
    }
  }
  for (const [number, producer] of producersOf(scene, index)) {
    if ((alive & (1 << number)) === 0 || producer.tenure === 'lost') continue
    producer.leaseFor = scene.has('lease-from-sending') ? age : 0
  }
  Object.assign(node.beat, { ...noBeat, phase: 'done' })
}

/** A claim between the read and now accounts for rows that are not known yet. */
function mayBeUnderWay(
  scene: Scene,
  { beat: { fetching, fetched } }: Node,
  producer: number,
): boolean {
  const bit = 1 << producer
  const wasOpen = scene.has('no-fetch-open') && (fetching & bit) !== 0

  return wasOpen || (scene.has('no-fetch-since') && (fetched & bit) !== 0)
}

function forget(scene: Scene, job: number, number: number): void {
  const claim = scene.claim(job, number)
  if (claim.phase === 'claimed') release(claim)
}

/** Take away the row of a retired producer that holds nothing any more: `remove_producer.sql`. */
export const windingUp: Steps = (state, world, take) => {
  for (const [index, node] of state.nodes.entries()) {
    if (!reaches(state, node)) continue
    for (let turn = 0; turn < world.size.producers; turn += 1) {
      const number = index * world.size.producers + turn
      const { tenure, isDoomed } = existing(state.producers[number])
      if (isDoomed) {
        take(`the delete of producer ${number + 1} goes on`, (next) => remove(next, number))
      }
      if (isDoomed || (tenure !== 'retired' && tenure !== 'lost')) continue
      let isSpent = !node.fetch.isAwaited || node.fetch.producer !== number
      for (const { claim } of claimsOn(state, world, index)) {
        if (claim.producer === number && isHeld(claim.phase)) isSpent = false
      }
      if (!isSpent || (tenure === 'lost' && node.producer === number)) continue
      if (tenure === 'lost') {
        take(`${nodeName(index)} forgets producer ${number + 1}`, (next) => {
          next.producer(number).tenure = 'gone'
        })
      } else if (hasExecuting({ state }, number)) {
        // A row that stays still carries a job: the next comparison gives it back.
      } else if (world.without.has('two-statement-delete')) {
        take(`a delete of producer ${number + 1} finds no job`, (next) => {
          next.producer(number).isDoomed = true
        })
      } else {
        take(`${nodeName(index)} deletes producer ${number + 1}`, (next) => remove(next, number))
      }
    }
  }
}

function remove(scene: Scene, number: number): void {
  Object.assign(scene.producer(number), { row: 'none', tenure: 'gone', isDoomed: false })
}

function producersOf(scene: Scene, index: number) {
  const { producers } = scene.world.size

  return Array.from({ length: producers }, (_, turn) => {
    const number = index * producers + turn

    return [number, scene.producer(number)] as const
  })
}
