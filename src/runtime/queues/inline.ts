/** The actor `pool` of an inline queue: loads the modules, and calls `setup()`, on the main thread. */
import { fromProcess } from '../../../supervisors/index.ts'
import { findWorker } from '../../registry.ts'
import type { Tenure } from '../../protocol/tenure.ts'
import { InlinePool, type InlineOptions } from '../../threads/inline.ts'
import { loadModules } from '../../threads/modules.ts'
import { handleOf } from '../../worker.ts'
import { ownRow } from './own-job.ts'
import { reportLog, reportStuck } from '../report.ts'
import type { Runtime } from '../runtime.ts'
import { settle } from '../settle.ts'
import { surroundings, type Surroundings } from './surroundings.ts'

export interface InlineInput {
  readonly runtime: Runtime
  readonly tenure: Tenure
}

export const inline = fromProcess<never, undefined, InlineInput>(
  undefined,
  async ({ input: { runtime, tenure } }) => {
    const { clock, config, prepared } = runtime
    await loadModules(config.workers.modules)
    const made = prepared.get(tenure.queue)
    prepared.delete(tenure.queue)
    const { end, ...surrounding } = made ?? (await surroundings(config, clock))
    openPool(runtime, tenure, surrounding)

    return { dispose: end }
  },
)

/** What the bodies of a tenure run in, and who else is told of their ends. */
export interface InlineSurrounding
  extends Omit<Surroundings, 'end'>, Pick<InlineOptions, 'onThrown'> {
  /** After the acknowledgements are on their way. Default: nothing */
  readonly onSettled?: InlineOptions['onSettled']
}

/** Open the pool of a tenure whose bodies run on the main thread. */
export function openPool(
  runtime: Runtime,
  tenure: Tenure,
  { onSettled, ...surrounding }: InlineSurrounding,
): InlinePool {
  const { alarms, clock, config, insertion, origin, pools } = runtime
  const pool = new InlinePool({
    ...surrounding,
    instance: config.name,
    find: findWorker,
    handle: (definition) => handleOf(definition, insertion),
    unknownWorkers: config.unknownWorkers,
    lease: tenure.lease,
    alarms,
    clock,
    onStuck: (run) => {
      reportStuck(origin, run)
    },
    onSettled: (items) => {
      settle(runtime, items)
      onSettled?.(items)
    },
    onLog: (line) => {
      reportLog(origin, line)
    },
    own: ownRow(runtime, tenure),
  })
  pools.set(tenure, pool)

  return pool
}
