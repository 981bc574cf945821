/**
 * Does what others ask of this node's queues. Whatever cannot be done is told and left: a signal is for
 * many nodes, and nobody waits for an answer.
 */
import type { QueueOptions } from '../../config/options.ts'
import { checkStart } from '../../config/command.ts'
import { parseQueue, parseScale } from '../../config/queue.ts'
import type { ObanSignal, OwnSignal } from '../../notifier/signal.ts'
import { aspectOf } from '../../protocol/sent-signals.ts'
import type { Run } from '../../protocol/tenure.ts'
import { ALL_QUEUES } from '../../queue-command.ts'
import { emit } from '../../telemetry/channels.ts'
import { spare } from '../../threads/blame.ts'
import { abortRun } from '../abort-run.ts'
import { pauseQueue, resumeQueue, scaleQueue } from '../queues/control.ts'
import { refuseExcess } from '../queues/excess.ts'
import { startQueue, stopQueue } from '../queues/queues.ts'
import type { Runtime } from '../runtime.ts'
import { settle } from '../settle.ts'

/**
 * Follow a signal that is for this node, unless this node has asked for something else since.
 *
 * @param place - where it was heard, as `SentSignals` counts. Default: it is heard now
 */
export function obey(
  runtime: Runtime,
  signal: ObanSignal | OwnSignal,
  place = runtime.sentSignals.hear(),
): void {
  if (signal.action === 'pkill') {
    kill(runtime, signal.job_id)

    return
  }
  const { clock, queues, sentSignals } = runtime
  const aspect = aspectOf(signal)
  const isAll = signal.queue === ALL_QUEUES && aspect === 'paused'
  const nowMs = clock.monotonicMs()
  for (const queue of isAll ? queues.keys() : [signal.queue]) {
    if (sentSignals.overrules({ queue, aspect, place }, nowMs)) continue
    void follow(runtime, queue, signal)
  }
}

type QueueSignal = Exclude<ObanSignal, { action: 'pkill' }> | OwnSignal

async function follow(runtime: Runtime, queue: string, signal: QueueSignal): Promise<void> {
  try {
    await carryOut(runtime, queue, signal)
  } catch (error) {
    const { action } = signal
    emit('signal.failed', { ...runtime.origin, action, queue, error })
  }
}

async function carryOut(runtime: Runtime, queue: string, signal: QueueSignal): Promise<void> {
  const settings = runtime.queues.get(queue)
  if (signal.action === 'start') await start(runtime, signal)
  // One for all nodes names queues that only others run.
  if (settings === undefined) return
  switch (signal.action) {
    case 'pause':
      pauseQueue(runtime, queue)
      break
    case 'resume':
      resumeQueue(runtime, queue)
      break
    case 'stop':
      await stopQueue(runtime, queue)
      break
    case 'scale': {
      const { action: _, queue: __, ...scale } = signal
      // Of the limits that a signal of Oban Pro may set we have one only.
      if (!('threads' in scale) && scale.limit === undefined) break
      const wanted = parseScale(scale, settings)
      refuseExcess(runtime, { ...settings, threads: wanted.threads ?? settings.threads })
      await scaleQueue(runtime, queue, wanted)
      break
    }
    case 'start':
    default:
      break
  }
}

/** Whether this node could run a job at all: one that only administers the others has no workers. */
export function isWorking({ config: { workers } }: Pick<Runtime, 'config'>): boolean {
  return workers.modules.length > 0 || workers.definitions.length > 0
}

async function start(
  runtime: Runtime,
  signal: Extract<QueueSignal, { action: 'start' }>,
): Promise<void> {
  const { config } = runtime
  if (!isWorking(runtime)) return
  const options = 'options' in signal ? signal.options : sharedOptions(runtime, signal)
  checkStart(signal.queue, options)
  const wanted = parseQueue(signal.queue, options, config)
  refuseExcess(runtime, wanted)
  await startQueue(runtime, wanted)
}

/** Other languages know no `execution`: it is what the workers of this node can be run by. */
function sharedOptions(
  { config: { workers } }: Runtime,
  { limit, paused }: Extract<ObanSignal, { action: 'start' }>,
): QueueOptions {
  const execution = workers.modules.length > 0 ? 'threads' : 'inline'

  return { limit, paused, execution }
}

function kill(runtime: Runtime, id: number): void {
  const jobId = String(id)
  for (const tenure of runtime.tenures) {
    const runs = tenure.runs.values().filter(({ job }) => job.id === jobId)
    for (const run of runs) cancelRun(runtime, run)
    if (runs.length === 0) tenure.forewarn(jobId)
  }
}

/** The row may be cancelled or still be executing: its acknowledgement is right in both cases. */
function cancelRun(runtime: Runtime, run: Run): void {
  run.isCancelled = true
  if (run.phase === 'unstarted') {
    settle(runtime, spare([run]))
  } else {
    abortRun(runtime, run, 'OBAN_CANCELLED')
  }
}
