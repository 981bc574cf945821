import { Injectable, Logger } from '@nestjs/common'

@Injectable()
export class Mailer {
  readonly #logger = new Logger('Mailer')

  async send(to: string, signal: AbortSignal): Promise<void> {
    const url = process.env['MAIL_URL']
    if (url === undefined) {
      this.#logger.log('MAIL_URL is not set: no mail')
      return
    }
    const body = JSON.stringify({ to, subject: 'Welcome' })
    const response = await fetch(url, { method: 'POST', body, signal })
    if (!response.ok) throw new Error(`the mail service answered ${response.status}`)
  }
}
