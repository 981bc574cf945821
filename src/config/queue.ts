/** Checks what an operator asks of a queue at run time as strictly as the configuration. */
import type { Config, QueueConfig } from '../config.ts'
import { ConfigError, type Problem } from '../errors.ts'
import { shown } from '../shown.ts'
import { check } from './check.ts'
import { writePath } from './input.ts'
import type { QueueScale } from './options.ts'
import { queueScale, queuesAlone, unloadable } from './queue-schema.ts'

/**
 * Check a queue that is to be started as if it stood in the configuration.
 *
 * @throws {ConfigError} with every problem, at its path below `queues`
 */
export function parseQueue(
  name: string,
  options: unknown,
  { workers }: Pick<Config, 'workers'>,
): QueueConfig {
  // From JavaScript, where a forgotten name would be the queue "undefined".
  if (typeof name !== 'string') {
    const message = `expected the name of a queue, found ${shown(name)}`
    throw new ConfigError([{ path: 'queue', message }])
  }
  const [parsed] = Object.values(check(queuesAlone, { queues: { [name]: options } }).queues)
  // Only of a name that has been refused.
  if (parsed === undefined) throw new ConfigError([{ path: 'queues', message: 'has no queue' }])
  const message = unloadable(parsed.execution, workers)
  if (message !== undefined) throw new ConfigError([{ path: writePath(['queues', name]), message }])

  return { name, ...parsed }
}

/**
 * Check new numbers for a queue. A limit alone may fall below the threads there are: the idle ones
 * cost little, and the next scale would need them.
 *
 * @throws {ConfigError} with every problem
 */
export function parseScale(options: QueueScale, { limit, execution }: QueueConfig): QueueScale {
  const scale = check(queueScale, options)
  const problem = ofThreads(scale, scale.limit ?? limit, execution)
  if (problem) throw new ConfigError([problem])

  return scale
}

function ofThreads(
  { threads }: QueueScale,
  limit: number,
  execution: QueueConfig['execution'],
): Problem | undefined {
  if (threads === undefined) return undefined
  if (execution === 'inline') return { path: 'threads', message: 'an inline queue has none' }
  if (threads <= limit) return undefined

  return { path: 'threads', message: `expected at most the limit of ${limit}, found ${threads}` }
}
