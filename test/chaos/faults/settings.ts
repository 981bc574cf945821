/** Settings of the server that somebody changes while nodes are at work. They hold for open sessions too. */
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../until.ts'
import type { FaultKind, Stage } from './fault-kind.ts'
import { orLost } from './meddling.ts'
import { endBackends } from './sessions.ts'

/** How long a server may refuse us, that others crowd or that recovers. */
const CHANGED_WITHIN_MS = 60_000

/** One after the other: none may be inside of a transaction. */
async function change(theatre: Stage['theatre'], statements: readonly string[]): Promise<void> {
  for (const statement of [...statements, 'SELECT pg_reload_conf()']) {
    // Also the settings themselves may be in the way of those who change them.
    const isDone = () =>
      theatre.query(statement).then(
        () => true,
        () => false,
      )
    // oxlint-disable-next-line no-await-in-loop
    await until(statement, isDone, CHANGED_WITHIN_MS)
  }
}

/** Change them and end all sessions of nodes, so that each begins with them; change them back later. */
function unfit(
  described: Pick<FaultKind, 'lastsMs' | 'name' | 'summary'>,
  settings: Readonly<Record<string, string>>,
): FaultKind {
  const entries = Object.entries(settings)

  return {
    ...described,
    aim: 'database',
    // Who restarts the server meanwhile would wait for us, and we for the server.
    strike: ({ cast, theatre }, { durationMs }) =>
      cast.exclusively('database', async () => {
        await change(
          theatre,
          entries.map(([name, to]) => `ALTER SYSTEM SET ${name} = ${to}`),
        )
        await orLost(() => endBackends(theatre, 'oban-ts:%'))
        await pause(durationMs)
        await change(
          theatre,
          entries.map(([name]) => `ALTER SYSTEM RESET ${name}`),
        )
      }),
  }
}

export const settingFaults = [
  unfit(
    {
      name: 'read-only',
      summary: 'the server takes no writes, as a replica right after a failover',
      lastsMs: [5_000, 20_000],
    },
    { default_transaction_read_only: 'on' },
  ),
  unfit(
    {
      name: 'timeouts',
      summary: 'the server ends statements, transactions and waits for locks after moments',
      lastsMs: [3_000, 15_000],
    },
    {
      statement_timeout: `'100ms'`,
      lock_timeout: `'20ms'`,
      transaction_timeout: `'100ms'`,
      idle_in_transaction_session_timeout: `'50ms'`,
    },
  ),
  unfit(
    {
      name: 'idle-timeout',
      summary: 'the server ends sessions that have had nothing to do for half a second',
      lastsMs: [3_000, 20_000],
    },
    { idle_session_timeout: `'500ms'` },
  ),
  unfit(
    {
      name: 'serializable',
      summary: 'the default isolation of the server becomes serializable',
      lastsMs: [3_000, 20_000],
    },
    { default_transaction_isolation: 'serializable' },
  ),
]
