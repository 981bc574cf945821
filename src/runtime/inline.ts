/** The actor `pool` of an inline queue: loads the modules, and calls `setup()`, on the main thread. */
import { fromProcess } from '../../supervisors/index.ts'
import { findWorker } from '../registry.ts'
import type { Tenure } from '../protocol/tenure.ts'
import { InlinePool } from '../threads/inline.ts'
import { loadModules } from '../threads/modules.ts'
import { handleOf } from '../worker.ts'
import { reportLog, reportStuck } from './report.ts'
import type { Runtime } from './runtime.ts'
import { settle } from './settle.ts'
import { surroundings } from './surroundings.ts'

export interface InlineInput {
  readonly runtime: Runtime
  readonly tenure: Tenure
}

export const inline = fromProcess<never, undefined, InlineInput>(
  undefined,
  async ({ input: { runtime, tenure } }) => {
    const { clock, config, insertion, origin, pools, prepared } = runtime
    await loadModules(config.workers.modules)
    const made = prepared.get(tenure.queue)
    prepared.delete(tenure.queue)
    const { around, context, end } = made ?? (await surroundings(config, clock))
    const pool = new InlinePool({
      find: findWorker,
      handle: (definition) => handleOf(definition, insertion),
      unknownWorkers: config.unknownWorkers,
      context,
      around,
      lease: tenure.lease,
      alarms: runtime.alarms,
      clock: runtime.clock,
      onStuck: (run) => {
        reportStuck(origin, run)
      },
      onSettled: (items) => {
        settle(runtime, items)
      },
      onLog: (line) => {
        reportLog(origin, line)
      },
    })
    pools.set(tenure, pool)

    return { dispose: end }
  },
)
