/** What happens to the sessions of nodes on the server. */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { FaultKind, Stage } from './fault-kind.ts'
import { orLost } from './meddling.ts'
import { turnOn } from './sabotage.ts'

export async function endBackends({ query }: Stage['theatre'], like: string): Promise<void> {
  await query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '${like}'`,
  )
}

const endSessions: FaultKind = {
  name: 'end-sessions',
  summary: 'pg_terminate_backend of every session of a role',
  aim: 'role',
  lastsMs: [0, 0],
  strike: ({ theatre }, { target }) => orLost(() => endBackends(theatre, `oban-ts:${target}`)),
}

/** End the next statement of a role that has changed jobs and is not committed. */
function endInside(role: 'ack' | 'fetch'): FaultKind {
  return {
    name: `end-inside-${role}`,
    summary: `pg_terminate_backend while its ${role} has changed rows and is not committed`,
    aim: 'database',
    lastsMs: [1_000, 3_000],
    strike: async ({ theatre }, { durationMs }) => {
      await orLost(() => turnOn(theatre, `linger-${role}`, { durationMs }))
      const deadlineMs = performance.now() + durationMs
      while (performance.now() < deadlineMs) {
        // Each that lingers, until the time is over.
        // oxlint-disable-next-line no-await-in-loop
        await orLost(() =>
          theatre.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name = 'oban-ts:${role}' AND wait_event = 'PgSleep'`,
          ),
        )
        // oxlint-disable-next-line no-await-in-loop
        await pause(50)
      }
    },
  }
}

/** Others take every place that the server has, and those that sessions of ours leave. */
const crowd: FaultKind = {
  name: 'crowd',
  summary: 'every connection is ended, and others take all places (max_connections)',
  aim: 'database',
  lastsMs: [2_000, 8_000],
  strike: async ({ theatre }, { durationMs }) => {
    const deadlineMs = performance.now() + durationMs
    const others: Client[] = []
    await orLost(() => endBackends(theatre, 'oban-ts:%'))
    while (performance.now() < deadlineMs) {
      const other = new Client({ connectionString: theatre.url, application_name: 'chaos:crowd' })
      // The server may go away meanwhile, and all of them with it.
      other.on('error', () => {})
      // oxlint-disable-next-line no-await-in-loop
      const isIn = await other.connect().then(
        () => true,
        // No place is left, or another fault has taken the server away.
        () => false,
      )
      if (isIn) others.push(other)
      // oxlint-disable-next-line no-await-in-loop
      else await pause(20)
    }
    await Promise.all(others.map((other) => other.end()))
  },
}

export const sessionFaults = [endSessions, endInside('fetch'), endInside('ack'), crowd]
