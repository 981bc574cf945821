/** What bodies do to the rows of their own jobs. */
import { patchJobs, standingClaims } from '../../engine/jobs.ts'
import { completeJob } from '../../engine/managed-jobs.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { Patches } from '../../protocol/patches.ts'
import type { Run, Tenure } from '../../protocol/tenure.ts'
import type { OwnRow } from '../../threads/own-job.ts'
import type { Runtime } from '../runtime.ts'

/**
 * On the connection for what may wait for locks: a body may have locked its own row in a transaction,
 * and heartbeats, claims and acknowledgements must not wait for that.
 */
export function metaPatches(runtime: () => Pick<Runtime, 'connections'>): Patches {
  return new Patches({
    send: async (patches) => {
      const rows = await patchJobs(runtime().connections.rescue, JSON.stringify(patches))

      return new Set(rows.map(({ id }) => id))
    },
    isRefusal,
  })
}

/** A run may complete its job by itself from now on. */
export function noteCompleting({ runs }: Tenure, token: number): void {
  const run = runs.get(token)
  if (run) run.completesItself = true
}

/** The same for bodies on the main thread. */
export function ownRow({ config, patches }: Runtime, tenure: Tenure): OwnRow {
  return {
    patch: (claim, patch) => patches.add(claim, patch),
    completing: (token) => {
      noteCompleting(tenure, token)

      return Promise.resolve()
    },
    complete: (client, claim, patch) => completeJob(client, config.prefix, claim, patch),
  }
}

/**
 * Of runs that the comparison has missed, those whose jobs are somebody else's: neither completed by
 * themselves, nor moved to another queue, where the comparison does not look.
 */
export async function reallyLost(
  { connections }: Pick<Runtime, 'connections'>,
  lost: readonly Run[],
): Promise<readonly Run[]> {
  if (lost.length === 0) return lost
  const rows = await standingClaims(
    connections.beat,
    lost.map(({ job }) => job.id),
  )

  return lost.filter(
    ({ job, completesItself }) =>
      !rows.some(
        ({ id, attempt, attempted_at: at, state }) =>
          id === job.id &&
          attempt === job.attempt &&
          at === job.attempted_at &&
          (state === 'executing' || completesItself),
      ),
  )
}
