/** Asks before something is done that cannot be taken back. */
import { once } from 'node:events'

/** Whether somebody is there to be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/**
 * Ask a question that is answered with y or n, on standard error: standard output is for results.
 *
 * @returns false for anything but a yes, and when the input ends
 */
export async function confirm(question: string): Promise<boolean> {
  const { stdin, stderr } = process
  stderr.write(`${question} [y/N] `)
  stdin.setEncoding('utf8').resume()
  const over = new AbortController()
  const { signal } = over
  try {
    const [answer]: unknown[] = await Promise.race([
      once(stdin, 'data', { signal }),
      once(stdin, 'end', { signal }),
    ])
    if (answer === undefined) stderr.write('\n')

    return typeof answer === 'string' && /^y(?:es)?$/i.test(answer.trim())
  } finally {
    over.abort()
    stdin.pause()
  }
}
