import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { Oban } from 'oban-ts'
import { contentType } from './exposition.ts'
import { observe } from './metrics.ts'

const oban = new Oban({
  database: process.env['DATABASE_URL'] ?? 'postgres://localhost/app',
  workers: [new URL('./workers.js', import.meta.url)],
  queues: { media: 10 },
})
const metrics = observe(oban)
await oban.start()

async function answer(response: ServerResponse): Promise<void> {
  try {
    const text = await metrics.read()
    response.writeHead(200, { 'content-type': contentType }).end(text)
  } catch (error) {
    // A scrape that failed is seen in Prometheus itself, as up == 0.
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`${String(error)}\n`)
  }
}

const server = createServer((request, response) => {
  if (request.url === '/metrics') void answer(response)
  else response.writeHead(404).end()
})
server.listen(Number(process.env['PORT'] ?? 9464))
await once(server, 'listening')
console.log('listening', server.address())

async function stop(): Promise<void> {
  // What is scraped while jobs finish is still right.
  await oban.stop()
  metrics.stop()
  server.close()
  server.closeAllConnections()
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void stop())
}
