/** What an operator may ask of the queues, checked before anything is done. */
import { parseQueue, parseScale } from '../config/queue.ts'
import type { RunningQueues } from '../running-queues.ts'
import { knownQueue, pauseQueue, resumeQueue, scaleQueue } from './control.ts'
import { checkQueue } from './queue-state.ts'
import { startQueue, stopQueue } from './queues.ts'
import type { Runtime } from './runtime.ts'

/** It holds from that moment on: there is nothing to wait for. */
const held = Promise.resolve()

export function runningQueues(runtime: Runtime): RunningQueues {
  const { config, queues } = runtime

  return {
    checkQueue: (queue) => checkQueue(runtime, queue),
    checkAllQueues: () => [...queues.keys()].flatMap((queue) => checkQueue(runtime, queue) ?? []),
    scaleQueue: (queue, options) => {
      const changes = parseScale(options, knownQueue(runtime, queue))

      return scaleQueue(runtime, queue, changes)
    },
    pauseQueue: (queue) => {
      pauseQueue(runtime, queue)

      return held
    },
    resumeQueue: (queue) => {
      resumeQueue(runtime, queue)

      return held
    },
    pauseAllQueues: () => {
      for (const queue of queues.keys()) pauseQueue(runtime, queue)

      return held
    },
    resumeAllQueues: () => {
      for (const queue of queues.keys()) resumeQueue(runtime, queue)

      return held
    },
    startQueue: (queue, options) => startQueue(runtime, parseQueue(queue, options, config)),
    stopQueue: (queue) => {
      // One that is still starting is known too.
      knownQueue(runtime, queue)

      return stopQueue(runtime, queue)
    },
  }
}
