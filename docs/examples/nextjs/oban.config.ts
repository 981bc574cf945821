/** Read by `oban start`: the process that executes, beside the one of Next.js. */
import { defineConfig } from 'oban-ts'

export default defineConfig({
  database: process.env['DATABASE_URL'] ?? 'postgres://localhost/app',
  workers: [new URL('./lib/workers.js', import.meta.url)],
  queues: { mail: 10 },
})
