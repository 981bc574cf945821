/**
 * Notifications that stay within this process, for instances that are isolated: those on one database
 * and schema hear each other, and nobody else does.
 */

export type Hearer = (channel: string, payload: string) => void

export class Exchange {
  readonly #hearers = new Set<Hearer>()

  /** Hear everything that is said from now on; the returned function ends it. */
  subscribe(hearer: Hearer): () => void {
    this.#hearers.add(hearer)

    return () => {
      this.#hearers.delete(hearer)
    }
  }

  /** Tell everybody, the speaker too, in order and after the code that runs now, as a server does. */
  publish(channel: string, payloads: readonly string[]): void {
    queueMicrotask(() => {
      for (const payload of payloads) {
        for (const hearer of this.#hearers) hearer(channel, payload)
      }
    })
  }
}

/** On the global object, as bundlers load a module more than once. */
const KEY = Symbol.for('oban-ts.exchanges')

/** The exchange of a database: everybody in this process who gives the same address shares one. */
export function exchangeAt(address: string): Exchange {
  const all: Map<string, Exchange> = Reflect.get(globalThis, KEY) ?? new Map<string, Exchange>()
  Reflect.set(globalThis, KEY, all)
  const exchange = all.get(address) ?? new Exchange()
  all.set(address, exchange)

  return exchange
}
