/** What the program keeps in memory. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of the heap once everything is gone that nobody holds. */
export function keptBytes(): number {
  setFlagsFromString('--expose-gc')
  // Twice, as what a finalizer lets go of is collected the next time.
  runInNewContext('gc(); gc()')

  return process.memoryUsage().heapUsed
}
