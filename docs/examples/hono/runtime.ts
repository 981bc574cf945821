/** What the process has one of: the pool of the application, and the instance that shares it. */
import { Oban } from 'oban-ts'
import { Pool } from 'pg'
import config, { databaseUrl } from './oban.config.ts'

export const pool = new Pool({ connectionString: databaseUrl })
// Without listeners a connection that is lost would end the process: one that is idle, or in use, where the
// statement tells.
pool.on('error', (error) => console.error(`an idle connection was lost: ${error.message}`))
pool.on('connect', (client) => client.on('error', () => {}))

// WORKERS=apart: this process enqueues only, and `npm run worker` is the one that executes.
const here = process.env['WORKERS'] === 'apart' ? { queues: {}, workers: [] } : {}

export const oban = new Oban({ ...config, ...here, database: { pool } })
// The runtime has given up, which a restart of the process may cure.
oban.closed.catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
