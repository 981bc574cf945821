/**
 * What nodes hold on the server: their sessions, by node and role. Each node logs in under a name of its
 * own, as all of them call their connections alike.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Theatre } from './theatre.ts'

/** At rest, when nodes have no job to run; at the end, when all of their processes are gone. */
export type Moment = 'end' | 'rest'

/** How many sessions of one role the server has from one node. */
export interface Held {
  readonly node: string
  readonly moment: Moment
  readonly role: string
  readonly sessions: number
}

/** One connection for each kind of work, but for the pool that enqueues: see `docs/production.md`. */
const MOST_AT_REST: Readonly<Record<string, number>> = { client: 10 }

/** How long a server keeps what a proxy never told it the end of, and what it may need to notice. */
const FORGOTTEN_MS = 45_000

const LOOK_MS = 500

const PREFIX = 'oban-ts:'

export function mostOf({ moment, role }: Pick<Held, 'moment' | 'role'>): number {
  return moment === 'end' ? 0 : (MOST_AT_REST[role] ?? 1)
}

/** Make the names that nodes log in under; they may do what the owner of the URL may. */
export async function prepareLogins(
  { query }: Pick<Theatre, 'query'>,
  nodes: readonly string[],
  url: string,
): Promise<void> {
  const password = decodeURIComponent(new URL(url).password).replaceAll("'", "''")
  for (const node of nodes) {
    // oxlint-disable-next-line no-await-in-loop -- one catalogue
    await query(`CREATE ROLE "${node}" LOGIN SUPERUSER PASSWORD '${password}'`)
  }
}

/** The URL of a node. */
export function loginOf(url: string, node: string): string {
  const changed = new URL(url)
  changed.username = node

  return changed.href
}

/** What nodes hold once none holds too much, or when that has taken too long. */
export async function sessionsAt(
  moment: Moment,
  { query }: Pick<Theatre, 'query'>,
  nodes: readonly string[],
): Promise<Held[]> {
  const deadlineMs = performance.now() + FORGOTTEN_MS
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const rows = await query<Omit<Held, 'moment'>>(
      `SELECT usename AS node, replace(application_name, '${PREFIX}', '') AS role,
              count(*)::integer AS sessions
         FROM pg_stat_activity
        WHERE usename IN (${nodes.map((node) => `'${node}'`).join()})
        GROUP BY 1, 2
        ORDER BY 1, 2`,
    )
    const held = rows.map((row) => ({ ...row, moment }))
    const isOver = held.every((each) => each.sessions <= mostOf(each))
    if (isOver || performance.now() > deadlineMs) return held
    // oxlint-disable-next-line no-await-in-loop
    await pause(LOOK_MS)
  }
}
