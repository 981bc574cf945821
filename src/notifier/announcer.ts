/**
 * Tells other nodes which queues have new jobs, after the insert has committed. Announcements of a few
 * milliseconds share one statement: a NOTIFY in each insert would serialise the commits of the whole
 * database.
 */
import type { Clock } from '../clock.ts'

export interface AnnouncerInput {
  readonly clock: Clock
  readonly send: (queues: readonly string[]) => Promise<void>
  readonly onFailed: (error: unknown) => void
}

/** How long an announcement waits for others. */
const GATHER_MS = 5

export class Announcer {
  readonly #input: AnnouncerInput
  readonly #queues = new Set<string>()
  #sending: Promise<void> = Promise.resolve()
  #cancel: (() => void) | undefined

  constructor(input: AnnouncerInput) {
    this.#input = input
  }

  announce(queues: Iterable<string>): void {
    for (const queue of queues) this.#queues.add(queue)
    if (this.#queues.size === 0) return
    // A program may end with its last insert; other nodes would not hear of it.
    this.#cancel ??= this.#input.clock.after(GATHER_MS, () => void this.flush(), {
      keepAlive: true,
    })
  }

  /** Send what is gathered; resolves when it and everything before it is sent. Never rejects. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const queues = [...this.#queues]
    this.#queues.clear()
    if (queues.length > 0) {
      this.#sending = Promise.all([this.#sending, this.#send(queues)]).then(() => undefined)
    }
    await this.#sending
  }

  /** A lost announcement costs a second: the stagers of the other nodes look by themselves. */
  async #send(queues: readonly string[]): Promise<void> {
    try {
      await this.#input.send(queues)
    } catch (error) {
      this.#input.onFailed(error)
    }
  }
}
