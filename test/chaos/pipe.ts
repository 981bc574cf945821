/** One direction of a connection, which may be slow; what was sent first arrives first. */
import type { Socket } from 'node:net'

export class Pipe {
  readonly #to: Socket
  readonly #latencyMs: () => number
  readonly #underway: Buffer[] = []

  constructor(to: Socket, latencyMs: () => number) {
    this.#to = to
    this.#latencyMs = latencyMs
  }

  write(bytes: Buffer): void {
    const latencyMs = this.#latencyMs()
    if (latencyMs === 0 && this.#underway.length === 0) {
      this.#to.write(bytes)

      return
    }
    this.#underway.push(bytes)
    // Each timer delivers whatever is due next, so that no change of the latency changes the order.
    setTimeout(() => {
      const next = this.#underway.shift()
      if (next && !this.#to.destroyed) this.#to.write(next)
    }, latencyMs)
  }
}
