/** Acknowledgements: `src/actors/acker.ts`, `src/engine/deliver.ts`. They wait until the database has them. */
import { isSettled } from './state.ts'
import { release, settleJob } from './statements.ts'
import { claimsOn, mayFail, named, nodeName, reaches, type Steps } from './world.ts'

export const acknowledging: Steps = (state, world, take) => {
  for (const [index, node] of state.nodes.entries()) {
    if (!reaches(state, node)) continue
    const who = nodeName(index)
    for (const { job, number, claim } of claimsOn(state, world, index)) {
      const kind = claim.phase
      if (!isSettled(kind)) continue
      const what = `the acknowledgement of ${named(job, number)} by ${who}, ${kind},`
      take(`${what} lands`, (next) => {
        settleJob(next, job, number, kind)
        release(next.claim(job, number))
      })
      if (mayFail(state, world, 'lose')) {
        take(
          `${what} lands, and the answer gets lost`,
          (next) => {
            settleJob(next, job, number, kind)
          },
          true,
        )
      }
      if (mayFail(state, world, 'late')) {
        take(
          `${what} is held up, and sent again`,
          (next) => {
            next.state.stragglers.push({ job, claim: number, kind })
          },
          true,
        )
      }
    }
  }
}

/** Statements that were given up land after all. */
export const straggling: Steps = (state, _world, take) => {
  if (!state.isUp) return
  for (const [place, { job, claim, kind }] of state.stragglers.entries()) {
    take(`what was held up lands: ${named(job, claim)}, ${kind}`, (next) => {
      next.state.stragglers.splice(place, 1)
      settleJob(next, job, claim, kind)
    })
  }
}
