/** What the server has one of. In development modules are evaluated anew with each change. */
import { Oban } from 'oban-ts'
import { Pool } from 'pg'

interface Runtime {
  readonly oban: Oban
  readonly pool: Pool
}

const kept: typeof globalThis & { accounts?: Runtime } = globalThis

function open(): Runtime {
  const connectionString = process.env['DATABASE_URL'] ?? 'postgres://localhost/app'
  const pool = new Pool({ connectionString })
  // Without listeners a connection that is lost would end the process: one that is idle, or in use, where the
  // statement tells.
  pool.on('error', (error) => console.error(`an idle connection was lost: ${error.message}`))
  pool.on('connect', (client) => client.on('error', () => {}))

  // No queues and no start(): routes enqueue, `oban start` executes.
  return { oban: new Oban({ database: { pool } }), pool }
}

/** Opened with the first request, not while `next build` looks at the routes. */
export function runtime(): Runtime {
  kept.accounts ??= open()

  return kept.accounts
}
