/** The way from a job thread to the instance on the main thread: calls that are answered. */
import type { MessagePort } from 'node:worker_threads'
import type { FromThread, Reply, Request } from './protocol.ts'
import { reviveError } from './serialized-error.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export class MainLine {
  readonly #port: MessagePort
  readonly #waiting = new Map<number, Waiting>()
  #lastCall = 0

  constructor(port: MessagePort) {
    this.#port = port
  }

  send(message: FromThread): void {
    this.#port.postMessage(message)
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
