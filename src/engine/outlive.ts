/** Connections that are lost while nobody uses them. */
import type { ClientBase } from 'pg'

type Emitter = Pick<ClientBase, 'off' | 'on'>

/** Who uses it next learns of the loss: a pool connects anew, and the statement of a client rejects. */
function ignoreLoss(): void {
  // Nothing is to be done here.
}

/**
 * Keep the loss of a connection in a pool or a client from ending the process: `pg` throws it when nobody
 * listens. Who listens too is told as ever.
 *
 * @returns what leaves it as it was
 */
export function outlive(source: object): () => void {
  if (!emits(source)) return () => {}
  source.on('error', ignoreLoss)

  return () => {
    source.off('error', ignoreLoss)
  }
}

/** What only looks like a pool, and its clients, tell of nothing. */
function emits(source: object): source is Emitter {
  return (
    'on' in source &&
    'off' in source &&
    typeof source.on === 'function' &&
    typeof source.off === 'function'
  )
}
