/** What the role may do, and the statements that give it what it lacks. */
import { examineGrants, type GrantFacts } from '../../engine/examine.ts'
import { quoteIdentifier } from '../../engine/query.ts'
import { lacks, type Lack } from '../../engine/rights.ts'
import { defineCheck, note, ok, problem, warning, type Scene } from './finding.ts'
import { lookAtServer } from './server.ts'
import { lookAtWear } from './table.ts'
import { list, tableIn } from './wording.ts'

async function lookAtGrants({ db, prefix }: Scene): Promise<GrantFacts> {
  const facts = await examineGrants(db, prefix)
  if (facts === undefined) throw new Error('the catalog says nothing of rights')

  return facts
}

function grantsOf(lacking: readonly Lack[]): string[] {
  return lacking.map(({ grant }) => grant)
}

const tableRights = defineCheck({
  id: 'table-rights',
  theme: 'rights',
  why: 'a node claims, stores results, beats and elects: one that lacks a right to that does not start',
  needs: 'jobs',
  look: lookAtGrants,
  judge(facts, { prefix }) {
    const { role } = facts
    const lacking = lacks(facts, prefix).filter(({ on }) => on === 'schema' || on === 'table')
    if (lacking.length === 0) return ok(`${role} has all that a node needs`)
    const word = lacking.some(({ isNeeded }) => isNeeded) ? problem : warning

    return word(`${role} lacks ${list(lacking.map(({ right }) => right))}`, ...grantsOf(lacking))
  },
})

const sequenceRights = defineCheck({
  id: 'sequence-rights',
  theme: 'rights',
  why: 'ids of new jobs are drawn from a sequence',
  needs: 'jobs',
  look: lookAtGrants,
  judge(facts, { prefix }) {
    const lacking = lacks(facts, prefix).filter(({ on }) => on === 'sequence')
    if (lacking.length === 0) return ok('may draw ids')
    const rights = list(lacking.map(({ right }) => right))

    return problem(`${facts.role} lacks ${rights}: nothing can be enqueued`, ...grantsOf(lacking))
  },
})

const functionRights = defineCheck({
  id: 'function-rights',
  theme: 'rights',
  why: 'inserts notify, unique inserts take advisory locks',
  look: lookAtGrants,
  judge(facts, { prefix }) {
    const lacking = lacks(facts, prefix).filter(({ on }) => on === 'function')
    if (lacking.length === 0) return ok('may notify and lock')

    return problem(`${facts.role} may not call ${list(facts.functions)}`, ...grantsOf(lacking))
  },
})

const maintenanceRight = defineCheck({
  id: 'maintenance-right',
  theme: 'rights',
  why: "the leader's vacuum and the reindexer need the owner of the table, or MAINTAIN",
  needs: 'jobs',
  look: async (scene) => {
    const { role, versionNumber } = await scene.look(lookAtServer)

    return { role, versionNumber, wear: await scene.look(lookAtWear) }
  },
  judge({ role, versionNumber, wear }, { prefix }) {
    if (wear.mayMaintain) return ok('may vacuum oban_jobs')

    return note(
      `${role} may not vacuum oban_jobs; autovacuum has to do, which is well for most`,
      versionNumber >= 170_000
        ? `GRANT MAINTAIN ON ${tableIn(prefix)} TO ${quoteIdentifier(role)};`
        : 'set `vacuum: false` to say that you know',
    )
  },
})

export const superuser = defineCheck({
  id: 'superuser',
  theme: 'rights',
  why: 'whoever gets at the DATABASE_URL of a node then owns the whole server',
  look: lookAtServer,
  judge({ isSuperuser, role }) {
    return isSuperuser
      ? note(`${role} is a superuser`, 'see "A role of its own" in docs/production.md')
      : ok(`${role} is none`)
  },
})

const statisticsRight = defineCheck({
  id: 'statistics-right',
  theme: 'rights',
  why: 'without it the transactions of other roles cannot be judged here',
  look: lookAtGrants,
  judge({ role, mayReadStatistics }) {
    return mayReadStatistics
      ? ok('may read all statistics')
      : note(
          `${role} sees its own sessions only`,
          `GRANT pg_read_all_stats TO ${quoteIdentifier(role)};`,
        )
  },
})

export const rightChecks = [
  tableRights,
  sequenceRights,
  functionRights,
  maintenanceRight,
  superuser,
  statisticsRight,
]
