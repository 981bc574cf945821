import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Oban } from 'oban-ts'
import type { Pool } from 'pg'
import { signUp } from './accounts.ts'
import { noSuchJob, refusalOf } from './refusal.ts'
import { Welcome } from './workers.ts'

export interface Means {
  readonly oban: Oban
  readonly pool: Pool
}

export function createApp({ oban, pool }: Means): Hono {
  const app = new Hono()

  app.post('/accounts', async (context) => {
    const body: unknown = await context.req.json().catch((cause: unknown) => {
      throw new HTTPException(400, { message: 'the body is not JSON', cause })
    })
    const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : ''
    const id = await signUp(pool, String(email))

    return context.json({ job: id }, 202, { location: `/jobs/${id}` })
  })

  app.get('/jobs/:id', async (context) => {
    // Of this worker only: ids can be guessed, and other jobs are nobody's business here.
    const job = await Welcome.get(Number(context.req.param('id')))
    if (!job) return context.json(noSuchJob.body, noSuchJob.status)

    return context.json({ id: job.id, state: job.state, attempt: job.attempt })
  })

  app.get('/health', async (context) => {
    const { ok, database, notifier } = await oban.health()

    return context.json({ ok, database, notifier }, ok ? 200 : 503)
  })

  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse()
    const refusal = refusalOf(error)
    if (refusal) return context.json(refusal.body, refusal.status)
    console.error(error)

    return context.json({ error: 'internal error' }, 500)
  })

  return app
}
