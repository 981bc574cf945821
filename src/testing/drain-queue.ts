/** Runs stored jobs in a test. */
import type { DrainOptions } from '../config/drain.ts'
import type { Drained } from '../drained.ts'
import { hasMethods } from '../adapters/refusal.ts'
import { isJsonObject } from '../job/json.ts'
import type { Oban } from '../oban.ts'
import { shown } from '../shown.ts'
import { TestingError } from '../testing-error.ts'

export interface DrainQueueOptions extends DrainOptions {
  readonly queue: string
}

/**
 * Run the stored jobs of a queue now, in this call, and count how they ended: `oban.drainQueue()` with
 * the queue among its options, as Oban has it.
 *
 * @example
 * ```ts
 * await drainQueue(oban, { queue: 'media', withScheduled: true, withSafety: false })
 * ```
 *
 * @throws {TestingError} when it gets no instance, or no options
 * @throws {Error} as `oban.drainQueue()`; with `withSafety: false` what the first job that fails throws
 * @see https://hexdocs.pm/oban/Oban.html#drain_queue/2
 */
export async function drainQueue(
  oban: Pick<Oban, 'drainQueue'>,
  options: DrainQueueOptions,
): Promise<Drained> {
  if (!hasMethods(oban, ['drainQueue'])) {
    throw new TestingError(
      `drainQueue() needs the instance that stores the jobs, as in drainQueue(oban, { queue: 'default' }), ` +
        `got ${shown(oban)}`,
    )
  }
  if (!isJsonObject(options) || !Object.hasOwn(options, 'queue')) {
    throw new TestingError(
      `drainQueue() needs a queue, as in drainQueue(oban, { queue: 'default' }), got ${shown(options)}`,
    )
  }
  const { queue, ...rest } = options

  return oban.drainQueue(queue, rest)
}
