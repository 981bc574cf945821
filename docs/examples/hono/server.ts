import { once } from 'node:events'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createApp } from './app.ts'
import { oban, pool } from './runtime.ts'

await oban.start()
const answer = getRequestListener(createApp({ oban, pool }).fetch)
const server = createServer((request, response) => void answer(request, response))
server.listen(Number(process.env['PORT'] ?? 3000))
await once(server, 'listening')
console.log('listening', server.address())

let stopping: Promise<void> | undefined

async function stop(): Promise<void> {
  console.log('stopping')
  // No more connections; requests under way are answered, and may still enqueue.
  server.close()
  // What it has answered a client keeps open, for a next request: that would hold the process.
  setInterval(() => server.closeIdleConnections(), 500).unref()
  await once(server, 'close')
  // Running jobs may finish within the grace, and the others go back.
  await oban.stop()
  await pool.end()
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopping ??= stop()
  })
}
