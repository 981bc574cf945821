/** The session of an isolated node: what is said within this process, and nothing else. */
import type { Exchange } from '../exchange.ts'
import type { ListenOptions } from './listen.ts'

export interface ListenHereOptions extends Omit<ListenOptions, 'connect'> {
  readonly exchange: Exchange
}

/**
 * Listen until the signal aborts; never resolves.
 *
 * @throws {Error} the signal's reason
 */
export async function listenHere(options: ListenHereOptions): Promise<never> {
  const { channels, exchange, onNotification, onUp, signal } = options
  signal.throwIfAborted()
  const end = exchange.subscribe((channel, payload) => {
    if (channels.includes(channel)) onNotification(channel, payload)
  })
  onUp()

  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        end()
        reject(signal.reason)
      },
      { once: true },
    )
  })
}
