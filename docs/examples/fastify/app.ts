import Fastify, { type FastifyInstance } from 'fastify'
import { Pool } from 'pg'
import { signUp } from './accounts.ts'
import config, { databaseUrl } from './oban.config.ts'
import { obanPlugin } from './oban-plugin.ts'
import { noSuchJob, refusalOf } from './refusal.ts'
import { Welcome } from './workers.ts'

// WORKERS=apart: this process enqueues only, and `npm run worker` is the one that executes.
const here = process.env['WORKERS'] === 'apart' ? { queues: {}, workers: [] } : {}

export async function createApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: true })
  const pool = new Pool({ connectionString: databaseUrl })
  // Without listeners a connection that is lost would end the process: one that is idle, or in use, where the
  // statement tells.
  pool.on('error', (error) => app.log.error(error, 'an idle connection was lost'))
  pool.on('connect', (client) => client.on('error', () => {}))
  // What is registered first is closed last: the pool is there until Oban has stopped.
  app.addHook('onClose', () => pool.end())
  // What it has answered a client keeps open, for a next request: that would hold `close` for 72 s.
  app.addHook('preClose', async () => {
    setInterval(() => app.server.closeIdleConnections(), 500).unref()
  })
  await app.register(obanPlugin, { ...config, ...here, database: { pool } })

  app.post<{ Body: { email?: string } | null }>('/accounts', async (request, reply) => {
    const id = await signUp(pool, request.body?.email ?? '')

    return reply.code(202).header('location', `/jobs/${id}`).send({ job: id })
  })

  app.get<{ Params: { id: string } }>('/jobs/:id', async (request, reply) => {
    // Of this worker only: ids can be guessed, and other jobs are nobody's business here.
    const job = await Welcome.get(Number(request.params.id))
    if (!job) return reply.code(noSuchJob.status).send(noSuchJob.body)

    return { id: job.id, state: job.state, attempt: job.attempt }
  })

  app.get('/health', async (_request, reply) => {
    const { ok, database, notifier } = await app.oban.health()

    return reply.code(ok ? 200 : 503).send({ ok, database, notifier })
  })

  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error)

    return refusal ? reply.code(refusal.status).send(refusal.body) : reply.send(error)
  })

  return app
}
