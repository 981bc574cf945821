/** Roles of the server that a test connects as, instead of as the owner of everything. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { inject, onTestFinished } from 'vitest'
import { administer } from './database.ts'
import { databaseUrl } from './database-url.ts'
import { root } from './modules.ts'

export interface TestRole {
  readonly role: string
  /** With which it connects to the database. */
  readonly url: string
}

/** A role of the running test that may do nothing in a database, as whose owner the URL connects. */
export async function makeRole(url: string): Promise<TestRole> {
  const role = `oban_test_${randomBytes(4).toString('hex')}`
  await administer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  onTestFinished(async () => {
    const owner = new Client({ connectionString: url })
    await owner.connect()
    await owner.query(`DROP OWNED BY ${role}`)
    await owner.end()
    await administer(`DROP ROLE ${role}`)
  })
  const own = new URL(databaseUrl(inject('serverUrl'), new URL(url).pathname.slice(1)))
  own.username = role
  own.password = 'secret'

  return { role, url: own.href }
}

/**
 * The GRANT statements that a document shows below `CREATE ROLE name`, for another role.
 *
 * @throws {Error} when there are none
 */
export function documentedGrants(document: string, name: string, role: string): string {
  const text = readFileSync(join(root, document), 'utf8')
  const found = new RegExp(`\`\`\`sql\\nCREATE ROLE ${name}\\b[^\\n]*\\n([^]*?)\`\`\``).exec(text)
  if (found?.[1] === undefined) throw new Error(`${document} has no statements for ${name}`)

  return found[1].replaceAll(name, role)
}
