/** The work behind the requests. The server imports this file to enqueue, the threads to execute. */
import { defineWorker } from 'oban-ts'
import { z } from 'zod'

export const Welcome = defineWorker({
  name: 'Welcome',
  queue: 'mail',
  maxAttempts: 5,
  timeout: { seconds: 30 },
  args: z.object({ account: z.int(), email: z.email() }),
  async process({ args }, { log, signal }) {
    const url = process.env['MAIL_URL']
    if (url === undefined) {
      log.info(`MAIL_URL is not set: no mail to account ${args.account}`)
      return
    }
    const body = JSON.stringify({ to: args.email, subject: 'Welcome' })
    // The signal ends the call at the timeout, when the job is cancelled and when the node must go.
    const response = await fetch(url, { method: 'POST', body, signal })
    if (!response.ok) throw new Error(`the mail service answered ${response.status}`)
  },
})
