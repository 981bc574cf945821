/**
 * Queues come and go while the instance runs. What is asked of one queue happens in turn: a start waits
 * for the stop before it, and the other way round. Only what stands among the settings is started, so
 * that a stopped queue does not come back with a foreman or a midwife that starts again.
 */
import {
  deleteChild,
  startChild,
  SupervisorError,
  terminateChild,
} from '../../../supervisors/index.ts'
import type { QueueConfig } from '../../config.ts'
import type { Tenure } from '../../protocol/tenure.ts'
import { windUp } from '../beat.ts'
import { reportFailure } from '../report.ts'
import { currentTenure, retireTenures, type Runtime } from '../runtime.ts'
import { unlessGone } from '../unless-gone.ts'
import { checkModules } from './worker-check.ts'

/** How long a stopped queue waits for its last acknowledgements, in milliseconds. */
const STORED_MS = 5_000

/**
 * Start a queue; nothing when there is one of this name. Resolves when it is up, or, while the foreman
 * starts again, when it is going to come with the others.
 *
 * @throws {SupervisorError | ConfigError} when it does not come up; then it is forgotten
 */
export function startQueue(runtime: Runtime, settings: QueueConfig): Promise<void> {
  const { name, execution } = settings
  const { clock, config, queues } = runtime

  return inTurn(runtime, name, async () => {
    if (queues.has(name)) return
    const isFirst = [...queues.values()].every((other) => other.execution !== execution)
    queues.set(name, settings)
    try {
      // Until now nobody needed the modules where this queue loads them.
      if (isFirst) await checkModules({ ...config, queues: [settings] }, clock)
      if (runtime.whereis('foreman')) await unlessGone(bring(runtime, name))
    } catch (error) {
      forget(runtime, name)
      throw error
    }
  })
}

/** Start every queue that ought to run. */
export async function startQueues(runtime: Runtime): Promise<void> {
  const names = [...runtime.queues.keys()]
  await Promise.all(names.map((name) => inTurn(runtime, name, () => bring(runtime, name))))
}

/**
 * Let a queue drain and take it away; nothing when it has gone meanwhile. Resolves when it is no more
 * and its last acknowledgements are stored, or the database has been away for too long.
 */
export function stopQueue(runtime: Runtime, queue: string): Promise<void> {
  return inTurn(runtime, queue, async () => {
    if (!runtime.queues.has(queue)) return
    const foreman = runtime.whereis('foreman')
    if (foreman) {
      await unlessGone(terminateChild(foreman, queue).then(() => deleteChild(foreman, queue)))
    }
    const tenure = currentTenure(runtime, queue)
    forget(runtime, queue)
    if (tenure) await stored(runtime, tenure)
    try {
      await windUp(runtime)
    } catch (error) {
      // With the database away: the next heartbeat takes the producer's row away.
      reportFailure(runtime.origin, `queue/${queue}`, error)
    }
  })
}

async function bring({ queues, queueSpec, whereis }: Runtime, queue: string): Promise<void> {
  const settings = queues.get(queue)
  if (settings === undefined) return
  const foreman = whereis('foreman')
  if (foreman === undefined) throw new Error('the foreman is not there')
  try {
    await startChild(foreman, queueSpec(settings))
  } catch (error) {
    // A midwife that started again finds the queues of the one before.
    if (!(error instanceof SupervisorError && error.code === 'already_started')) throw error
  }
}

function forget(runtime: Runtime, queue: string): void {
  retireTenures(runtime, queue)
  runtime.queues.delete(queue)
}

function stored({ clock }: Runtime, tenure: Tenure): Promise<void> {
  return new Promise((resolve) => {
    const callOff = clock.after(STORED_MS, resolve)
    tenure.whenStored(() => {
      callOff()
      resolve()
    })
  })
}

/** Wait for what was asked of this queue before. */
function inTurn({ turns }: Runtime, queue: string, act: () => Promise<void>): Promise<void> {
  const before = turns.get(queue)
  const turn = before ? before.then(act) : act()
  const over = ended(turn)
  turns.set(queue, over)
  void over.then(() => turns.get(queue) === over && turns.delete(queue))

  return turn
}

/** Resolves when it has settled: whoever asked for it is told of what went wrong. */
async function ended(turn: Promise<void>): Promise<void> {
  await Promise.allSettled([turn])
}
