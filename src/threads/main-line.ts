/** The way from a job thread to the instance on the main thread: calls that are answered. */
import type { MessagePort } from 'node:worker_threads'
import type { Backpressure } from './backpressure.ts'
import { shown } from '../shown.ts'
import type { FromThread, LogLine, Reply, Request } from './protocol.ts'
import { reviveError } from './serialized-error.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export class MainLine {
  readonly #post: MessagePort['postMessage']
  readonly #backpressure: Backpressure
  readonly #waiting = new Map<number, Waiting>()
  #lastCall = 0

  constructor(port: MessagePort, backpressure: Backpressure) {
    // As it is before any body runs, which may replace it.
    this.#post = port.postMessage.bind(port)
    this.#backpressure = backpressure
  }

  send(message: FromThread): void {
    this.#post(message)
  }

  /**
   * Pass on a line; waits while too many are on their way. A field that cannot be copied, as a
   * function, is described: no job fails by it.
   */
  log(line: LogLine): void {
    try {
      this.send({ type: 'log', ...line })
    } catch {
      // Copying everything before would cost every line twice.
      const fields = Object.entries(line.fields).map(([key, value]) => [key, copied(value)])
      this.send({ type: 'log', ...line, fields: Object.fromEntries(fields) })
    }
    this.#backpressure.sent(line)
  }

  /**
   * Ask the instance for something.
   *
   * @throws what the instance threw, as an `Error` with the same name and code
   */
  async call(request: Request): Promise<unknown> {
    this.#lastCall += 1
    const call = this.#lastCall

    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject })
      this.send({ type: 'call', call, request })
    })
  }

  answer(call: number, reply: Reply): void {
    const waiting = this.#waiting.get(call)
    this.#waiting.delete(call)
    if (reply.ok) waiting?.resolve(reply.value)
    else waiting?.reject(reviveError(reply.error))
  }
}

function copied(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return shown(value)
  }
}
