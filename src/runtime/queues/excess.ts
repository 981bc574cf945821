/** Bounds what signals together make of a node: each of them may be small, and there may be thousands. */
import type { QueueConfig } from '../../config.ts'
import { MOST_BY_SIGNAL } from '../../config/queue-schema.ts'
import { ConfigError } from '../../errors.ts'
import type { Runtime } from '../runtime.ts'

/** An inline queue has none. */
function threadsOf({ execution, threads }: QueueConfig): number {
  return execution === 'threads' ? threads : 0
}

/**
 * Check that a queue may be set so because of a signal. What the configuration or this program itself has
 * set may be above the bounds, and may be lowered by a signal.
 *
 * @throws {ConfigError} when the node would have too many queues, or too many threads in all of them
 */
export function refuseExcess({ queues }: Pick<Runtime, 'queues'>, wanted: QueueConfig): void {
  const before = queues.get(wanted.name)
  const path = `queues.${wanted.name}`
  if (before === undefined && queues.size >= MOST_BY_SIGNAL.queues) {
    refuse(path, `expected at most ${MOST_BY_SIGNAL.queues} queues on a node`)
  }
  const added = threadsOf(wanted) - (before === undefined ? 0 : threadsOf(before))
  const threads = [...queues.values()].reduce((sum, queue) => sum + threadsOf(queue), added)
  if (added > 0 && threads > MOST_BY_SIGNAL.threads) {
    refuse(path, `expected at most ${MOST_BY_SIGNAL.threads} threads in all queues of a node`)
  }
}

function refuse(path: string, expected: string): never {
  const message =
    `${expected} that is told by a signal; above it use { localOnly: true } on the node, or the ` +
    'configuration'

  throw new ConfigError([{ path, message }])
}
