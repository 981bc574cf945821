/**
 * Rescues: `src/actors/lifeline.ts`, `src/protocol/vitality.ts`, `src/runtime/harbor/rescue.ts`. Every node
 * judges every producer by what it has seen itself, on a clock of its own.
 */
import { DEAD, GAP } from './state.ts'
import { mayLook } from './turns.ts'
import { hasExecuting, rescueJobs } from './statements.ts'
import { mayFail, nodeName, nodeOf, reaches, type Scene, type Steps } from './world.ts'

export const rescuing: Steps = (state, world, take) => {
  for (const [index, node] of state.nodes.entries()) {
    if (!reaches(state, node)) continue
    const who = nodeName(index)
    if (!node.hasLooked && mayLook(state, index)) {
      take(`${who} looks at the producers`, (next) => look(next, index, 0))
      // It may have been frozen after it noted the time.
      if (node.lookFor > 0) {
        take(`${who} looks, as it set out to ${node.lookFor} ticks ago`, (next) =>
          look(next, index, node.lookFor),
        )
      }
    }
    for (let left = node.rescues; left !== 0; left &= left - 1) {
      const number = 31 - Math.clz32(left & -left)
      const label = `${who} rescues the jobs of producer ${number + 1}`
      take(label, (next) => rescue(next, index, number, -1))
      if (!mayFail(state, world, 'lock')) continue
      for (const [job, { state: its, owner }] of state.jobs.entries()) {
        if (its !== 'executing' || owner !== number) continue
        const passing = `${label}, except job ${job + 1}, whose row is locked`
        take(passing, (next) => rescue(next, index, number, job), true)
      }
    }
  }
}

/** `look_producers.sql`, and what follows from it. `sentFor`: ticks since the look was sent. */
function look(scene: Scene, index: number, sentFor: number): void {
  const node = scene.node(index)
  const isContinuous = node.lookedFor - sentFor <= GAP || !scene.has('look-gap')
  for (const [number, producer] of scene.state.producers.entries()) {
    const sight = node.sights[number]
    if (sight === undefined) continue
    if (producer.row === 'dead') sweep(scene, index, number)
    // Its own are judged by others, and by itself only when it has forgotten them.
    const isOwn = nodeOf(number, scene.world) === index && producer.tenure !== 'gone'
    if (producer.row !== 'alive' || isOwn) {
      Object.assign(sight, { age: -1, hasBeaten: false })
      continue
    }
    const standsStill = isContinuous && sight.age >= 0 && !sight.hasBeaten
    if (!standsStill) sight.age = sentFor
    sight.hasBeaten = false
    if (sight.age - sentFor >= DEAD && scene.has('rescue')) node.rescues |= 1 << number
  }
  node.hasLooked = true
  node.lookedFor = sentFor
  node.lookFor = 0
}

/** The row of a dead producer goes when it carries no job; until then its jobs are tried again. */
function sweep(scene: Scene, index: number, number: number): void {
  if (!hasExecuting(scene, number)) scene.producer(number).row = 'none'
  else if (scene.has('abandoned')) scene.node(index).rescues |= 1 << number
}

/** `rescue_jobs.sql` */
function rescue(scene: Scene, index: number, number: number, passedOver: number): void {
  const { state, world } = scene
  const node = scene.node(index)
  const producer = scene.producer(number)
  node.rescues &= ~(1 << number)
  const stoodStill = node.sights[number]?.hasBeaten === false
  if (producer.row === 'alive' && (stoodStill || !scene.has('look-again'))) {
    producer.row = 'dead'
    const own = scene.node(nodeOf(number, world))
    const isLiving = producer.tenure === 'held' && own.status === 'up' && !own.wasHampered
    if (isLiving) scene.breaks('a producer was declared dead whose node had done all it could')
    for (const { sights } of state.nodes)
      Object.assign(sights[number] ?? {}, { age: -1, hasBeaten: false })
  }
  if (producer.row === 'dead') rescueJobs(scene, number, passedOver)
}
