import express, { type ErrorRequestHandler, type Express } from 'express'
import type { Oban } from 'oban-ts'
import type { Pool } from 'pg'
import { signUp } from './accounts.ts'
import { noSuchJob, refusalOf } from './refusal.ts'
import { Welcome } from './workers.ts'

export interface Means {
  readonly oban: Oban
  readonly pool: Pool
}

export function createApp({ oban, pool }: Means): Express {
  const app = express()
  app.use(express.json())

  app.post('/accounts', async (request, response) => {
    const id = await signUp(pool, String(request.body?.email ?? ''))
    response.status(202).location(`/jobs/${id}`).json({ job: id })
  })

  app.get('/jobs/:id', async (request, response) => {
    // Of this worker only: ids can be guessed, and other jobs are nobody's business here.
    const job = await Welcome.get(Number(request.params.id))
    if (job) response.json({ id: job.id, state: job.state, attempt: job.attempt })
    else response.status(noSuchJob.status).json(noSuchJob.body)
  })

  app.get('/health', async (_request, response) => {
    const { ok, database, notifier } = await oban.health()
    response.status(ok ? 200 : 503).json({ ok, database, notifier })
  })

  app.use(answerRefusals)

  return app
}

// Four parameters are what tells Express that this handles errors.
const answerRefusals: ErrorRequestHandler = (error, _request, response, next) => {
  const refusal = refusalOf(error)
  if (refusal) response.status(refusal.status).json(refusal.body)
  else next(error)
}
