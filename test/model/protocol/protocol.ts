/** The whole protocol as a model: every step that can be taken, and what must always hold. */
import type { Model } from '../explorer.ts'
import { acknowledging, straggling } from './acker.ts'
import { isOver, passing } from './clock.ts'
import { executing } from './executor.ts'
import { failing } from './failures.ts'
import { keyWriter } from './key.ts'
import { rescuing } from './lifeline.ts'
import { living } from './life.ts'
import { operating } from './operator.ts'
import { claiming } from './producer.ts'
import { refreshing, windingUp } from './refresher.ts'
import { begin, MOST_CLAIMS, type State } from './state.ts'
import { taker, type World } from './world.ts'

const parts = [
  claiming,
  executing,
  acknowledging,
  straggling,
  refreshing,
  windingUp,
  rescuing,
  operating,
  living,
  failing,
  passing,
]

export function protocol(world: World): Model<State> {
  const { nodes, jobs, producers } = world.size
  if (world.claims > MOST_CLAIMS) throw new Error(`at most ${MOST_CLAIMS} claims of a job fit`)

  return {
    initial: begin(world.size),
    keyOf: keyWriter(nodes, jobs, producers),
    expand: (state, visit) => {
      if (isOver(state) && state.stragglers.length === 0) return
      const take = taker(state, world, visit)
      for (const steps of parts) steps(state, world, take)
    },
    broken: brokenBy,
    isGoal: (state) => isSettled(state) || isCutOff(state, world),
  }
}

/** What the step broke that led to a state; or the state itself. */
function brokenBy({ broken, jobs, producers }: State): string | undefined {
  if (broken !== '') return broken
  const isLost = jobs.some(
    ({ state, owner }) => state === 'executing' && producers[owner]?.row === 'none',
  )

  // Nobody would rescue it, and nobody's comparison reads it.
  return isLost ? 'a job is executing under a producer without a row' : undefined
}

function isSettled({ jobs }: State): boolean {
  return jobs.every(({ state }) => state === 'completed' || state === 'cancelled')
}

/** The bounds let nothing happen that the protocol would do now, so nothing is known of what follows. */
function isCutOff(state: State, { claims, size: { producers } }: World): boolean {
  if (state.jobs.some((job) => job.state === 'available' && job.claims.length >= claims))
    return true

  return state.nodes.every(({ producer }, index) => {
    const own = state.producers.slice(index * producers, (index + 1) * producers)
    const tenure = state.producers[producer]?.tenure

    return tenure !== 'held' && tenure !== 'new' && !own.some((each) => each.tenure === 'unborn')
  })
}
