import { runtime } from '../../../lib/oban.ts'

// Asked for each time: without this the answer of the build would be served.
export const dynamic = 'force-dynamic'

/** Whether routes can enqueue. How the workers are, `oban start --health-port` says. */
export async function GET(): Promise<Response> {
  try {
    await runtime().pool.query('SELECT 1')

    return Response.json({ ok: true })
  } catch {
    return Response.json({ ok: false }, { status: 503 })
  }
}
