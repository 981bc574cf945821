/** What the role may do, and the statements that give it what it lacks. */
import { examineGrants, type GrantFacts } from '../../engine/examine.ts'
import { quoteIdentifier } from '../../engine/query.ts'
import { defineCheck, note, ok, problem, warning, type Scene } from './finding.ts'
import { lookAtServer } from './server.ts'
import { lookAtWear } from './table.ts'
import { list, tableIn } from './wording.ts'

async function lookAtGrants({ db, prefix }: Scene): Promise<GrantFacts> {
  const facts = await examineGrants(db, prefix)
  if (facts === undefined) throw new Error('the catalog says nothing of rights')

  return facts
}

/** What others made for themselves: a node works without, and is told less. */
const others = new Set(['oban_leaders', 'oban_producers'])

const tableRights = defineCheck({
  id: 'table-rights',
  theme: 'rights',
  why: 'a node claims, stores results, beats and elects: a right that lacks shows as warnings again and again',
  needs: 'jobs',
  look: lookAtGrants,
  judge({ role, hasSchemaUsage, tables }, { prefix }) {
    const to = quoteIdentifier(role)
    const lacking = tables.filter(({ missing }) => missing.length > 0)
    if (hasSchemaUsage && lacking.length === 0) return ok(`${role} has all that a node needs`)
    const words = lacking.map(({ name, missing }) => `${missing.join(', ')} on ${name}`)
    const word = hasSchemaUsage && lacking.every(({ name }) => others.has(name)) ? warning : problem

    return word(
      `${role} lacks ${list([...(hasSchemaUsage ? [] : [`USAGE on schema "${prefix}"`]), ...words])}`,
      ...(hasSchemaUsage ? [] : [`GRANT USAGE ON SCHEMA ${quoteIdentifier(prefix)} TO ${to};`]),
      ...lacking.map(
        ({ name, missing }) => `GRANT ${missing.join(', ')} ON ${tableIn(prefix, name)} TO ${to};`,
      ),
    )
  },
})

const sequenceRights = defineCheck({
  id: 'sequence-rights',
  theme: 'rights',
  why: 'ids of new jobs are drawn from a sequence',
  needs: 'jobs',
  look: lookAtGrants,
  judge({ role, sequences }, { prefix }) {
    if (sequences.length === 0) return ok('may draw ids')

    return problem(
      `${role} lacks USAGE on ${list(sequences)}: nothing can be enqueued`,
      ...sequences.map(
        (name) => `GRANT USAGE ON SEQUENCE ${tableIn(prefix, name)} TO ${quoteIdentifier(role)};`,
      ),
    )
  },
})

const functionRights = defineCheck({
  id: 'function-rights',
  theme: 'rights',
  why: 'inserts notify, unique inserts take advisory locks',
  look: lookAtGrants,
  judge({ role, functions }) {
    if (functions.length === 0) return ok('may notify and lock')

    return problem(
      `${role} may not call ${list(functions)}`,
      ...functions.map(
        (name) => `GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO ${quoteIdentifier(role)};`,
      ),
    )
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
