/** Read by the server, and by `oban start` where the workers have a process of their own. */
import { defineConfig } from 'oban-ts'

export const databaseUrl = process.env['DATABASE_URL'] ?? 'postgres://localhost/app'

export default defineConfig({
  database: databaseUrl,
  // The file is workers.ts in the sources and workers.js in the build: this finds both.
  workers: [new URL('./workers.js', import.meta.url)],
  queues: { mail: 10 },
})
