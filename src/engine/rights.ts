/** What a role lacks to run a node, and the statements with which the owner of the tables gives it. */
import { MissingRightsError } from '../database-errors.ts'
import type { GrantFacts } from './examine.ts'
import { quoteIdentifier } from './query.ts'

export interface Lack {
  readonly on: 'function' | 'schema' | 'sequence' | 'table'
  /** In words: `DELETE on oban_jobs`. */
  readonly right: string
  readonly grant: string
  /** Whether a node does no work without it. */
  readonly isNeeded: boolean
}

/** What others made for themselves: a node works without, and is told less. */
const ofOthers = new Set(['oban_leaders', 'oban_producers'])

/** Everything that the role lacks, in the order in which it is to be granted. */
export function lacks(facts: GrantFacts, prefix: string): readonly Lack[] {
  const { role, hasSchemaUsage, tables, sequences, functions } = facts
  const to = `TO ${quoteIdentifier(role)};`
  const schema = quoteIdentifier(prefix)
  const usage: Lack = {
    on: 'schema',
    right: `USAGE on schema "${prefix}"`,
    grant: `GRANT USAGE ON SCHEMA ${schema} ${to}`,
    isNeeded: true,
  }

  return [
    ...(hasSchemaUsage ? [] : [usage]),
    ...tables.flatMap(({ name, missing }): Lack[] => {
      if (missing.length === 0) return []
      const rights = missing.join(', ')
      const grant = `GRANT ${rights} ON ${schema}.${quoteIdentifier(name)} ${to}`

      return [{ on: 'table', right: `${rights} on ${name}`, grant, isNeeded: !ofOthers.has(name) }]
    }),
    ...sequences.map((name): Lack => ({
      on: 'sequence',
      right: `USAGE on ${name}`,
      grant: `GRANT USAGE ON SEQUENCE ${schema}.${quoteIdentifier(name)} ${to}`,
      isNeeded: true,
    })),
    ...functions.map((name): Lack => ({
      on: 'function',
      right: `EXECUTE on ${name}`,
      grant: `GRANT EXECUTE ON FUNCTION pg_catalog.${name} ${to}`,
      isNeeded: true,
    })),
  ]
}

/**
 * Check that a node can do its work as this role. Whether it may vacuum and rebuild indexes does not
 * count: it leaves that alone, and says so once.
 *
 * @throws {MissingRightsError} with everything that is to be granted
 */
export function requireRights(facts: GrantFacts, prefix: string): void {
  const needed = lacks(facts, prefix).filter(({ isNeeded }) => isNeeded)
  if (needed.length === 0) return

  throw new MissingRightsError(facts.role, {
    missing: needed.map(({ right }) => right),
    grants: needed.map(({ grant }) => grant),
  })
}
