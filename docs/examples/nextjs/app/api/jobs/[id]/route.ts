import { Welcome } from '../../../../lib/jobs.ts'
import { runtime } from '../../../../lib/oban.ts'
import { noSuchJob } from '../../../../lib/refusal.ts'

interface Context {
  readonly params: Promise<{ readonly id: string }>
}

export async function GET(_request: Request, { params }: Context): Promise<Response> {
  const { oban } = runtime()
  const id = Number((await params).id)
  // Of this worker only: ids can be guessed, and other jobs are nobody's business here.
  const job = Number.isSafeInteger(id) && id > 0 ? await Welcome.get(id, { oban }) : undefined
  if (!job) return Response.json(noSuchJob.body, { status: noSuchJob.status })

  return Response.json({ id: job.id, state: job.state, attempt: job.attempt })
}
