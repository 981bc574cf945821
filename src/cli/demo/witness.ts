/** Sees what the chaos does to its queue: who began again, and how soon a job was completed after a fault. */
import { attach } from '../../telemetry/channels.ts'
import { FAULT } from './workers/chaos.ts'

export interface Witness {
  /** How often a job was begun on this node. */
  beginnings(id: number): number
  /** From a job's first fault to the next job of the queue that was completed, in milliseconds. */
  recoveryMs(id: number): number | undefined
  dispose(): void
}

export function witness(
  queue: string,
  nowMs: () => number = performance.now.bind(performance),
): Witness {
  const beginnings = new Map<number, number>()
  const faults = new Map<number, number>()
  const recoveries = new Map<number, number>()
  const dispose = attach(['job.start', 'job.log', 'job.stop'], (event) => {
    switch (event.event) {
      case 'job.start':
        if (event.queue === queue) beginnings.set(event.id, (beginnings.get(event.id) ?? 0) + 1)
        break
      case 'job.log': {
        const { id } = event.fields
        if (event.message !== FAULT || typeof id !== 'number') return
        if (!faults.has(id)) faults.set(id, nowMs())
        break
      }
      case 'job.stop':
        if (event.queue !== queue || event.state !== 'success') return
        for (const [id, faultMs] of faults) {
          if (!recoveries.has(id)) recoveries.set(id, nowMs() - faultMs)
        }
        break
      default:
        event satisfies never
    }
  })

  return {
    beginnings: (id) => beginnings.get(id) ?? 0,
    recoveryMs: (id) => recoveries.get(id),
    dispose,
  }
}
