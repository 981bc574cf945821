/** Greets a new user: writes an e-mail into an outbox folder, where a mail server would take it. */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { defineWorker, record } from '../../../index.ts'

/** What may stand in a header as it is: anything else could begin another header. */
const headerText = z.string().regex(/^[\x20-\x7e]+$/)

export const WelcomeEmail = defineWorker({
  name: 'WelcomeEmail',
  queue: 'mail',
  maxAttempts: 5,
  args: z.object({
    run: z.string().regex(/^[\w-]+$/),
    name: headerText,
    address: z.email(),
    /** Absolute path of a folder that exists. */
    outbox: z.string(),
  }),
  async process({ id, args }) {
    const { run, name, address, outbox } = args
    const file = join(outbox, `${run}-${id}.eml`)
    const lines = [
      'From: Oban <oban@example.com>',
      `To: "${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>`,
      'Subject: Welcome!',
      `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
      // The same for every attempt, so that whoever delivers it can tell a repetition.
      `Message-ID: <${run}.${id}@example.com>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      `Hello ${name},`,
      '',
      'your account and this message were committed in one transaction.',
      '',
    ]
    // Under its name only once it is whole: an outbox is watched by others.
    await writeFile(`${file}.part`, lines.join('\r\n'))
    await rename(`${file}.part`, file)

    return record({ file })
  },
})
