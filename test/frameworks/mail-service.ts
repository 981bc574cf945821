/** The service that the workers of the examples send mail with: a test answers it when it likes. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'

export interface Letter {
  readonly to: string
  /** The sender waits for this. */
  readonly answer: (status: number) => void
}

export interface MailService {
  readonly url: string
  /** Resolves with the next letter. */
  readonly letter: () => Promise<Letter>
}

export async function startMailService(): Promise<MailService> {
  const letters: Letter[] = []
  const readers: ((letter: Letter) => void)[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    request.on('end', () => {
      const { to }: { readonly to: string } = JSON.parse(text)
      const letter = { to, answer: (status: number) => response.writeHead(status).end() }
      const reader = readers.shift()
      if (reader) reader(letter)
      else letters.push(letter)
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('listens on no port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    letter: async () => {
      const first = letters.shift()

      return first ?? new Promise((resolve) => readers.push(resolve))
    },
  }
}
