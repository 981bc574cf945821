/** What `setup()` makes for inline queues, on the main thread. */
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { ConfigError } from '../../errors.ts'
import { loadSetup } from '../../threads/setup.ts'
import type { Around } from '../../worker/execution.ts'
import { within } from '../within.ts'

/** What surrounds the bodies of one inline queue. */
export interface Surroundings {
  readonly around: Around | undefined
  readonly context: unknown
  readonly end: () => Promise<void>
}

/**
 * Call `setup()` for each inline queue before the tree starts: there a failure would only be told, and
 * the queue be tried again for ever.
 *
 * @throws {ConfigError} when it fails, with what was begun undone
 */
export async function prepareInline(
  config: Config,
  clock: Clock,
): Promise<Map<string, Surroundings>> {
  const prepared = new Map<string, Surroundings>()
  for (const { name, execution } of config.queues) {
    if (execution !== 'inline' || config.threadOptions.setup === undefined) continue
    try {
      prepared.set(name, await surroundings(config, clock))
    } catch (error) {
      await undo(prepared)
      const message = error instanceof Error ? error.message : String(error)
      throw new ConfigError([{ path: 'threadOptions.setup', message }], { cause: error })
    }
  }

  return prepared
}

/** Tear down what no queue has taken over. */
export async function undo(prepared: ReadonlyMap<string, Surroundings>): Promise<void> {
  await Promise.allSettled([...prepared.values()].map(({ end }) => end()))
}

/** @throws {Error} when the module does not load, or `setup()` fails or takes too long */
export async function surroundings({ threadOptions }: Config, clock: Clock): Promise<Surroundings> {
  const { setup: module, bootMs } = threadOptions
  const setup = await loadSetup(module)
  const late = () => new Error(`setup() did not end within ${bootMs} ms (bootTimeout)`)
  const context = await within(clock, bootMs, setup.begin(), late)

  return { around: setup.around, context, end: () => setup.end(context) }
}
