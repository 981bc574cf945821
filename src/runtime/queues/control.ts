/**
 * What an operator changes about a queue while it runs. It is noted among the queues' settings first,
 * where whoever starts again finds it, and then told to whoever is there.
 */
import { nearest } from '../../suggestion.ts'
import type { QueueConfig } from '../../config.ts'
import type { QueueScale } from '../../config/options.ts'
import { ConfigError, UnknownQueueError } from '../../errors.ts'
import { shown } from '../../shown.ts'
import { emit } from '../../telemetry/channels.ts'
import { arrangeThreads } from './arrange-threads.ts'
import type { Runtime } from '../runtime.ts'

/**
 * How a queue of this node is set.
 *
 * @throws {UnknownQueueError} when this node has no such queue
 * @throws {ConfigError} when it is no name
 */
export function knownQueue({ queues }: Runtime, queue: string): QueueConfig {
  const settings = queues.get(queue)
  if (settings) return settings
  const asked: unknown = queue
  if (typeof asked !== 'string') {
    const message = `expected the name of a queue, found ${shown(asked)}`
    throw new ConfigError([{ path: 'queue', message }])
  }
  const known = [...queues.keys()]

  throw new UnknownQueueError(queue, known, nearest(queue, known))
}

/** Note how a queue is set from now on, and tell of it. */
function change({ origin, queues }: Runtime, settings: QueueConfig): void {
  const { name: queue, limit, threads, paused } = settings
  queues.set(queue, settings)
  emit('queue.change', { ...origin, queue, limit, threads, paused })
}

/** Resolves when the numbers hold for all that starts from now on. What runs is left alone. */
export async function scaleQueue(
  runtime: Runtime,
  queue: string,
  { limit, threads }: QueueScale,
): Promise<void> {
  const settings = knownQueue(runtime, queue)
  change(runtime, {
    ...settings,
    limit: limit ?? settings.limit,
    threads: threads ?? settings.threads,
  })
  if (limit !== undefined) runtime.tell(`queue/${queue}/producer`, { type: 'scale', limit })
  if (threads !== undefined) await arrangeThreads(runtime, queue)
}

/** From now on it claims nothing; what was claimed ahead goes back. */
export function pauseQueue(runtime: Runtime, queue: string): void {
  change(runtime, { ...knownQueue(runtime, queue), paused: true })
  runtime.tell(`queue/${queue}/producer`, { type: 'pause' })
}

export function resumeQueue(runtime: Runtime, queue: string): void {
  change(runtime, { ...knownQueue(runtime, queue), paused: false })
  runtime.tell(`queue/${queue}/producer`, { type: 'resume' })
}
