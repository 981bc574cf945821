/**
 * Who is next. Beats of different nodes do not touch one another, and neither do looks: of all the orders
 * in which they can happen within a tick, those are explored in which all nodes look and then all beat, and
 * the reverse, each time node after node. Whatever else happens comes at any moment between.
 */
import type { State } from './state.ts'
import { reaches } from './world.ts'

export function mayBeat(state: State, index: number): boolean {
  for (const [other, node] of state.nodes.entries()) {
    const { phase } = node.beat
    if (other === index || !reaches(state, node)) continue
    // Each compares its own rows only.
    if (phase !== 'due' && phase !== 'done') return false
    if (other < index && phase === 'due') return false
  }
  const { looked, unlooked, beaten } = progressOf(state)

  return looked === 0 || unlooked === 0 || beaten > 0
}

export function mayLook(state: State, index: number): boolean {
  for (const [other, node] of state.nodes.entries()) {
    if (other < index && reaches(state, node) && !node.hasLooked) return false
  }
  const { looked, beaten, due } = progressOf(state)

  return beaten === 0 || due === 0 || looked > 0
}

function progressOf(state: State) {
  const progress = { looked: 0, unlooked: 0, beaten: 0, due: 0 }
  for (const node of state.nodes) {
    if (!reaches(state, node)) continue
    progress[node.hasLooked ? 'looked' : 'unlooked'] += 1
    progress[node.beat.phase === 'due' ? 'due' : 'beaten'] += 1
  }

  return progress
}
