/** What happens to nodes, to the network and to the database, and how it passes. */
import { abandonFetch, die } from './life.ts'
import { endFetch } from './producer.ts'
import { noBeat } from './refresher.ts'
import { claimsOn, mayFail, nodeName, type Scene, type Steps } from './world.ts'

export const failing: Steps = (state, world, take) => {
  for (const [index, node] of state.nodes.entries()) {
    const who = nodeName(index)
    if (node.status === 'frozen') {
      take(`${who} goes on`, (next) => {
        next.node(index).status = 'up'
      })
    }
    if (node.isCut) {
      take(`${who} reaches the database again`, (next) => {
        next.node(index).isCut = false
      })
    }
    if (node.status === 'down') continue
    if (mayFail(state, world, 'kill')) {
      take(`${who} is killed`, (next) => die(next, index), true)
    }
    if (node.status === 'up' && mayFail(state, world, 'pause')) {
      take(`${who} is frozen`, (next) => freeze(next, index), true)
    }
    if (!node.isCut && mayFail(state, world, 'cut')) {
      take(
        `${who} is cut off`,
        (next) => {
          next.node(index).isCut = true
          next.node(index).wasHampered = true
        },
        true,
      )
    }
  }
  if (!state.isUp) {
    take('the database is back', (next) => {
      next.state.isUp = true
    })
  } else {
    if (mayFail(state, world, 'outage')) {
      take(
        'the database goes away',
        (next) => {
          next.state.isUp = false
          loseConnections(next)
        },
        true,
      )
    }
    if (mayFail(state, world, 'crash')) {
      take(
        'the database crashes and recovers',
        (next) => {
          loseConnections(next)
          if (!next.has('durable-beats')) loseBeats(next)
        },
        true,
      )
    }
  }
}

function freeze(scene: Scene, index: number): void {
  const node = scene.node(index)
  node.status = 'frozen'
  node.wasHampered = true
  for (const { claim } of claimsOn(scene.state, scene.world, index)) {
    if (claim.phase === 'checked') claim.wasFrozen = true
  }
}

/** What was not committed is undone, and every answer under way is lost. */
function loseConnections(scene: Scene): void {
  for (const [index, node] of scene.state.nodes.entries()) {
    if (node.fetch.isAwaited) abandonFetch(scene, index)
    if (node.fetch.phase !== 'none' && !node.fetch.isLate) endFetch(scene, index)
    if (node.fetch.phase === 'begun') endFetch(scene, index)
    if (node.beat.phase === 'reading') Object.assign(node.beat, { ...noBeat, phase: 'due' })
    node.rescues = 0
    node.backs = 0
  }
  for (const producer of scene.state.producers) producer.isDoomed = false
}

/** Those since the last look of each node. A beat older is what everybody sees now. */
function loseBeats(scene: Scene): void {
  for (const { sights, lookedFor } of scene.state.nodes) {
    if (lookedFor > 1) continue
    for (const sight of sights) sight.hasBeaten = false
  }
}
