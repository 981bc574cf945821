import { signUp } from '../../../lib/accounts.ts'
import { refusalOf } from '../../../lib/refusal.ts'

export async function POST(request: Request): Promise<Response> {
  const body: unknown = await request.json()
  const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : ''
  try {
    const id = await signUp(String(email))

    return Response.json({ job: id }, { status: 202, headers: { location: `/api/jobs/${id}` } })
  } catch (error) {
    const refusal = refusalOf(error)
    if (!refusal) throw error

    return Response.json(refusal.body, { status: refusal.status })
  }
}
