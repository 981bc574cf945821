/** What an operator may ask of the queues, checked before anything is done. */
import { checkCommand } from '../../config/command.ts'
import { parseQueue, parseScale } from '../../config/queue.ts'
import { signalsOf } from '../../notifier/signal.ts'
import { aspectOf } from '../../protocol/sent-signals.ts'
import { ALL_QUEUES, ANY, identOf, type QueueCommand, type Scope } from '../../queue-command.ts'
import type { RunningQueues } from '../../running-queues.ts'
import { knownQueue, pauseQueue, resumeQueue, scaleQueue } from './control.ts'
import { isWorking } from '../nodes/obey.ts'
import { checkQueue } from './queue-state.ts'
import { startQueue, stopQueue } from './queues.ts'
import type { Runtime } from '../runtime.ts'
import { signal } from '../nodes/signal.ts'

export function runningQueues(runtime: Runtime): RunningQueues {
  const { queues } = runtime

  return {
    checkQueue: (queue) => checkQueue(runtime, queue),
    checkAllQueues: () => [...queues.keys()].flatMap((queue) => checkQueue(runtime, queue) ?? []),
    control: (command, scope) => control(runtime, command, scope),
  }
}

/** @throws {UnknownQueueError} when only this node is meant, and has no such queue */
async function control(runtime: Runtime, command: QueueCommand, scope: Scope): Promise<void> {
  const { config } = runtime
  if (scope.kind === 'here' || (scope.kind === 'node' && scope.node === config.node)) {
    const act = plan(runtime, command)
    for (const { message } of signalsOf(command, ANY)) {
      runtime.sentSignals.say(command.queue, aspectOf(message))
    }
    await act()

    return
  }
  checkCommand(command)
  if (scope.kind === 'node') {
    await signal(runtime, command, identOf({ ...config, node: scope.node }))

    return
  }
  const act = isForHere(runtime, command) ? plan(runtime, command) : undefined
  // What the others do must not wait for this node: a queue may take long to stop.
  const both = await Promise.allSettled([act?.(), signal(runtime, command, ANY)])
  for (const result of both) if (result.status === 'rejected') throw result.reason
}

/** Whether this node is among those that a command for all is about. */
function isForHere(runtime: Runtime, { action, queue }: QueueCommand): boolean {
  if (action === 'start') return isWorking(runtime)

  return runtime.queues.has(queue) || queue === ALL_QUEUES
}

type Act = () => Promise<void>

/**
 * What is to be done here. It begins at once when it is called: what it sets holds for all that starts
 * after that.
 *
 * @throws {UnknownQueueError | ConfigError} when it cannot be done
 */
function plan(runtime: Runtime, command: QueueCommand): Act {
  const { config, queues } = runtime
  const { queue } = command
  switch (command.action) {
    case 'pause':
    case 'resume': {
      const act = command.action === 'pause' ? pauseQueue : resumeQueue
      const all = queue === ALL_QUEUES ? [...queues.keys()] : [knownQueue(runtime, queue).name]

      return () => {
        for (const each of all) act(runtime, each)

        return Promise.resolve()
      }
    }
    case 'scale': {
      const { action: _, queue: __, ...scale } = command
      const changes = parseScale(scale, knownQueue(runtime, queue))

      return () => scaleQueue(runtime, queue, changes)
    }
    case 'stop':
      // One that is still starting is known too.
      knownQueue(runtime, queue)

      return () => stopQueue(runtime, queue)
    case 'start':
    default: {
      const settings = parseQueue(queue, command.options, config)

      return () => startQueue(runtime, settings)
    }
  }
}
