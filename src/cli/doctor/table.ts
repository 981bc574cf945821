/** The jobs table over time: its size, dead rows, statistics, and whether anybody cleans up. */
import { examineFinished, examineWear, type WearFacts } from '../../engine/examine.ts'
import { byteSize, count } from '../quantity.ts'
import { defineCheck, note, ok, problem, warning, type Scene } from './finding.ts'
import { lookAtServer } from './server.ts'
import { age, tableIn } from './wording.ts'

export async function lookAtWear({ db, prefix }: Scene): Promise<WearFacts> {
  const facts = await examineWear(db, prefix)
  if (facts === undefined) throw new Error('oban_jobs is gone')

  return facts
}

const MANY_ROWS = 5_000_000

export const size = defineCheck({
  id: 'size',
  theme: 'table',
  why: 'vacuums, searches and backups of the jobs table take as long as it is large',
  needs: 'jobs',
  look: lookAtWear,
  judge({ rows, tableBytes, indexBytes }) {
    const found = `${byteSize(tableBytes)} and ${byteSize(indexBytes)} of indexes, about ${count(rows)} jobs`

    return rows > MANY_ROWS
      ? note(found, 'keep finished jobs for a shorter time: pruner: { maxAge: { days: 1 } }')
      : ok(found)
  },
})

/** Fewer dead rows than these are the work of a minute. */
const SOME_DEAD = 10_000
const MANY_DEAD = 200_000

export const deadRows = defineCheck({
  id: 'dead-rows',
  theme: 'table',
  why: 'each look for jobs walks over the dead entries at the front of the main index',
  needs: 'jobs',
  look: lookAtWear,
  judge({ dead, live, mayMaintain }, { prefix }) {
    const found = `${count(dead)} dead, ${count(live)} live`
    if (dead < SOME_DEAD || dead < live * 0.2) return ok(found)
    const todo = [
      `VACUUM (ANALYZE) ${tableIn(prefix)};${mayMaintain ? '' : '  -- as the owner of the table'}`,
      'if it frees nothing, see the checks of transactions: something holds the rows',
    ]

    return dead >= MANY_DEAD && dead > live ? problem(found, ...todo) : warning(found, ...todo)
  },
})

export const autovacuum = defineCheck({
  id: 'autovacuum',
  theme: 'table',
  why: 'only a vacuum frees what processed jobs leave behind; our leader runs one if it may',
  needs: 'jobs',
  look: async (scene) => {
    const wear = await scene.look(lookAtWear)
    const { settings } = await scene.look(lookAtServer)

    return { wear, settings }
  },
  judge({ wear, settings }, { prefix }) {
    const table = tableIn(prefix)
    const { options, vacuumedSeconds } = wear
    const last =
      vacuumedSeconds === null ? 'never vacuumed' : `last vacuum ${age(vacuumedSeconds)} ago`
    if (settings['track_counts'] === 'off' || settings['autovacuum'] === 'off') {
      const off = settings['autovacuum'] === 'off' ? 'autovacuum' : 'track_counts'

      return problem(
        `${off} is off for the whole server; ${last}`,
        `ALTER SYSTEM SET ${off} = on;`,
        'SELECT pg_reload_conf();',
      )
    }
    if (options['autovacuum_enabled'] === 'false' || options['autovacuum_enabled'] === 'off') {
      return problem(
        `autovacuum is off for oban_jobs; ${last}`,
        `ALTER TABLE ${table} RESET (autovacuum_enabled);`,
      )
    }
    const own = options['autovacuum_vacuum_scale_factor']
    const factor = Number(own ?? wear.scaleFactor)
    const found = `on, after ${Number((factor * 100).toFixed(2))} % of changes; ${last}`
    // Most of a large table are finished jobs: a fifth of them is hours of work.
    if (factor > 0.05 && wear.rows > 50_000) {
      return warning(
        `${found}; too seldom for ${count(wear.rows)} jobs`,
        `ALTER TABLE ${table} SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 1, autovacuum_vacuum_cost_limit = 2000);`,
      )
    }

    return factor > 0.05
      ? note(`${found}; oban_jobs has no setting of its own, which is well while it is small`)
      : ok(found)
  },
})

export const statistics = defineCheck({
  id: 'statistics',
  theme: 'table',
  why: 'a plan that knows nothing of the states reads the whole table',
  needs: 'jobs',
  look: lookAtWear,
  judge({ analyzedSeconds, modifiedSinceAnalyze, live }, { prefix }) {
    const found =
      analyzedSeconds === null ? 'never analyzed' : `analyzed ${age(analyzedSeconds)} ago`
    const isStale = modifiedSinceAnalyze > Math.max(20_000, live)

    return isStale
      ? warning(
          `${found}, and ${count(modifiedSinceAnalyze)} changes since`,
          `ANALYZE ${tableIn(prefix)};`,
        )
      : ok(found)
  },
})

export const wraparound = defineCheck({
  id: 'wraparound',
  theme: 'table',
  why: 'a server whose oldest rows are never frozen stops taking writes',
  needs: 'jobs',
  look: lookAtWear,
  judge({ frozenAge, freezeMaxAge }, { prefix }) {
    const found = `the oldest row is ${count(frozenAge)} transactions old`
    if (frozenAge > 1_000_000_000) return problem(found, `VACUUM (FREEZE) ${tableIn(prefix)};`)

    return frozenAge > freezeMaxAge * 1.5
      ? warning(found, `VACUUM (FREEZE) ${tableIn(prefix)};`)
      : ok(found)
  },
})

const WEEK_SECONDS = 7 * 24 * 3_600
const MOST_COUNTED = 100_000

export const finishedJobs = defineCheck({
  id: 'finished-jobs',
  theme: 'table',
  why: 'finished jobs that nobody deletes are most of a table that grows without end',
  needs: 'jobs',
  look: ({ db }) => examineFinished(db, WEEK_SECONDS, MOST_COUNTED),
  judge(old = 0) {
    const many = old >= MOST_COUNTED ? `${count(MOST_COUNTED)} or more` : count(old)
    const found = `${many} ended more than a week ago`
    const todo = 'see that the leader prunes: no `pruner: false`, and a `maxAge` that you mean'
    if (old >= MOST_COUNTED) return warning(found, todo)

    return old >= 1_000 ? note(found, todo) : ok(found)
  },
})

export const tableChecks = [size, deadRows, autovacuum, statistics, wraparound, finishedJobs]
