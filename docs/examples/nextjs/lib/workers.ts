/** Loaded by `oban start` only. */
import { Welcome } from './jobs.ts'

export const WelcomeWorker = Welcome.process(async ({ args }, { log, signal }) => {
  const url = process.env['MAIL_URL']
  if (url === undefined) {
    log.info(`MAIL_URL is not set: no mail to account ${args.account}`)
    return
  }
  const body = JSON.stringify({ to: args.email, subject: 'Welcome' })
  const response = await fetch(url, { method: 'POST', body, signal })
  if (!response.ok) throw new Error(`the mail service answered ${response.status}`)
})
