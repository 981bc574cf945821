/** The actor `pool` of an inline queue: loads the worker modules on the main thread. */
import { fromProcess } from '../../supervisors/index.ts'
import { findWorker } from '../registry.ts'
import type { Tenure } from '../protocol/tenure.ts'
import { InlinePool } from '../threads/inline.ts'
import { loadModules } from '../threads/modules.ts'
import { handleOf } from '../worker.ts'
import { reportLog, reportStuck } from './report.ts'
import type { Runtime } from './runtime.ts'
import { settle } from './settle.ts'

export interface InlineInput {
  readonly runtime: Runtime
  readonly tenure: Tenure
}

export const inline = fromProcess<never, undefined, InlineInput>(
  undefined,
  async ({ input: { runtime, tenure } }) => {
    const { config, insertion, origin, pools } = runtime
    await loadModules(config.workers.modules)
    const pool = new InlinePool({
      find: findWorker,
      handle: (definition) => handleOf(definition, insertion),
      unknownWorkers: config.unknownWorkers,
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
  },
)
