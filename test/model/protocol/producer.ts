/**
 * Claims: `src/actors/producer.ts`, `src/runtime/queues/claim.ts`. A fetch has two ends. The database goes
 * on with one that nobody waits for any more, and that is where the trouble comes from.
 */
import { claimOf, isInThread, noFetch, type Fetch, type State } from './state.ts'
import { claimJob } from './statements.ts'
import {
  claimsOn,
  existing,
  mayFail,
  named,
  nodeName,
  reaches,
  type Scene,
  type Steps,
  type World,
} from './world.ts'

export const claiming: Steps = (state, world, take) => {
  for (const [index, node] of state.nodes.entries()) {
    const who = nodeName(index)
    const tenure = state.producers[node.producer]?.tenure
    if (tenure === 'new' && reaches(state, node)) {
      take(`${who} registers its producer`, (next) => {
        register(next, node.producer)
        const producer = next.producer(node.producer)
        producer.tenure = 'held'
        producer.leaseFor = 0
      })
      if (mayFail(state, world, 'lose')) {
        const label = `${who} registers its producer, and the answer gets lost`
        take(label, (next) => register(next, node.producer), true)
      }
    }
    if (mayClaim(state, world, index)) {
      take(`${who} sends a fetch`, (next) => {
        const { fetch, beat } = next.node(index)
        Object.assign(fetch, {
          ...noFetch,
          producer: node.producer,
          phase: 'sent',
          isAwaited: true,
        })
        if (beat.phase === 'reading' || beat.phase === 'comparing')
          beat.fetched |= 1 << node.producer
      })
    }
    answering(index)(state, world, take)
  }
}

/** What the database does with the fetch of a node, and what the node does with the answer. */
function answering(index: number): Steps {
  return (state, world, take) => {
    const node = existing(state.nodes[index])
    const { fetch } = node
    const who = nodeName(index)
    if (fetch.phase === 'sent' && state.isUp && !node.isCut) {
      const free = claimable(state, world, fetch)
      if (free.length === 0) {
        take(`the fetch of ${who} finds nothing`, (next) => endFetch(next, index))
      }
      for (const job of free) {
        // Under the lock nothing can come between its begin and its commit that would matter.
        if (!world.without.has('live-row-lock')) {
          take(`the fetch of ${who} claims job ${job + 1}`, (next) => commit(next, index, job))
          continue
        }
        take(`the fetch of ${who} chooses job ${job + 1}`, (next) => {
          Object.assign(next.node(index).fetch, { phase: 'begun', job })
        })
      }
    }
    const isUnderWay = fetch.phase === 'sent' || fetch.phase === 'begun'
    if (isUnderWay && !fetch.isLate && state.isUp && mayFail(state, world, 'late')) {
      take(
        `the fetch of ${who} is held up`,
        (next) => {
          next.node(index).fetch.isLate = true
        },
        true,
      )
    }
    if (fetch.phase === 'begun' && state.isUp) {
      take(`the fetch of ${who} commits: job ${fetch.job + 1} is executing`, (next) =>
        commit(next, index, fetch.job),
      )
    }
    if (fetch.phase === 'answered' && node.status === 'up') {
      take(`${who} has the answer: ${named(fetch.job, fetch.claim)}`, (next) =>
        receive(next, index),
      )
      if (mayFail(state, world, 'lose')) {
        take(
          `the answer to the fetch of ${who} gets lost`,
          (next) => {
            endFetch(next, index)
            const { beat } = next.node(index)
            // It asks for a comparison.
            if (beat.phase === 'done') beat.phase = 'due'
          },
          true,
        )
      }
    }
  }
}

function commit(scene: Scene, index: number, job: number): void {
  const { fetch } = scene.node(index)
  claimJob(scene, job, fetch.producer)
  Object.assign(fetch, { phase: 'answered', job, claim: scene.job(job).claim })
  if (!fetch.isAwaited) endFetch(scene, index)
}

/** `register_producer.sql`: a row that is there stays as it is. */
function register(scene: Scene, producer: number): void {
  const row = scene.producer(producer)
  if (row.row === 'none') row.row = 'alive'
}

function mayClaim(state: State, world: World, index: number): boolean {
  const node = existing(state.nodes[index])
  if (node.life !== 'running' || node.fetch.phase !== 'none' || !reaches(state, node)) return false
  if (state.producers[node.producer]?.tenure !== 'held') return false
  if (!state.jobs.some((job) => job.state === 'available' && job.claims.length < world.claims)) {
    return false
  }
  // Claims of different nodes pass over one another: one after the other is enough.
  const isOther = state.nodes.some(({ fetch: { phase, isLate } }) => phase === 'sent' && !isLate)
  if (isOther) return false
  let load = 0
  for (const { claim } of claimsOn(state, world, index)) if (isInThread(claim.phase)) load += 1

  return load < world.size.jobs
}

/** Jobs that nobody else has locked, unless the producer may claim nothing. */
function claimable(state: State, world: World, { producer }: Fetch): number[] {
  const isAlive = state.producers[producer]?.row === 'alive'
  if (!isAlive && !world.without.has('live-row-check')) return []

  return [...state.jobs.keys()].filter((job) => {
    const row = state.jobs[job]

    return (
      row?.state === 'available' &&
      row.claims.length < world.claims &&
      !state.nodes.some(({ fetch }) => fetch.phase === 'begun' && fetch.job === job)
    )
  })
}

/** The node takes the answer in, if its tenure still stands. */
function receive(scene: Scene, index: number): void {
  const node = scene.node(index)
  const { job, claim, producer, isOld } = node.fetch
  endFetch(scene, index)
  if (isOld) return
  if (producer !== node.producer || scene.producer(producer).tenure !== 'held') return
  const run = scene.claim(job, claim)
  const isUnwanted =
    node.life !== 'running' || (run.abort !== 'none' && scene.has('heed-early-signal'))
  run.phase = isUnwanted ? 'returned' : 'posted'
}

/** Nobody waits for it, and nothing of it is left in the database. */
export function endFetch(scene: Scene, index: number): void {
  Object.assign(scene.node(index).fetch, noFetch)
}

/** The claim whose answer a node waits for, if there is one. */
export function isAwaited(state: State, job: number, claim: number): boolean {
  const row = state.jobs[job]

  return (
    row !== undefined &&
    claimOf(row, claim)?.phase === 'claimed' &&
    state.nodes.some(({ fetch }) => fetch.isAwaited && fetch.job === job && fetch.claim === claim)
  )
}
