/** Post a word that the bodies of `test/fixtures/bodies.js` wait for, in whatever thread. */
import { BroadcastChannel } from 'node:worker_threads'

export function say(word: string): void {
  const channel = new BroadcastChannel('oban-test')
  channel.postMessage(word)
  channel.close()
}
