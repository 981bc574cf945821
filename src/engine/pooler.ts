/**
 * Poolers that lend connections to the server out for single transactions, as PgBouncer does: what is
 * set or prepared for a session there falls to whoever comes next.
 */
import { escapeLiteral, type ClientBase } from 'pg'
import { query, type Statement, withLiterals, writeParam } from './query.ts'

const backendPid = query<{ pid: string }, []>('backend_pid')

/**
 * Whether a pooler stands between. It greets with a process id of its own making, as it cannot know
 * which process will answer; PostgreSQL greets with that of the session.
 *
 * A pooler in session mode, which would keep what is set, cannot be told from others by this.
 */
export async function isPooled(client: ClientBase): Promise<boolean> {
  const [row] = await backendPid({ client, prefix: '', named: false })

  return row?.pid !== String(Reflect.get(client, 'processID'))
}

/** What PostgreSQL refuses in a transaction: it goes without settings, and is bounded by our wait. */
const ALONE = /^(?:\s|--.*\n)*(?:VACUUM|REINDEX|(?:CREATE|DROP) INDEX CONCURRENTLY)\b/

/**
 * A statement that brings its settings along. Several statements in one message are one transaction,
 * at whose end the settings are gone, and in which no delay of ours falls. Such a message carries no
 * parameters and prepares nothing.
 */
export function inOneMessage(
  { text, types, values, rowMode }: Statement,
  settings: Readonly<Record<string, string>>,
): Statement {
  if (ALONE.test(text)) return { text }
  const set = Object.entries(settings).map(
    ([name, value]) => `SET LOCAL ${name} = ${escapeLiteral(value)};\n`,
  )
  const statement = values ? withLiterals(text, values.map(writeParam)) : text

  return {
    text: `${set.join('')}${statement}`,
    ...(types && { types }),
    ...(rowMode && { rowMode }),
  }
}
