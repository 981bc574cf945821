/** The life of a node, as its process and what it told show it. */
import type { NodeProcess } from './node-process.ts'
import type { Life } from './story.ts'

export function lifeOf(process: NodeProcess): Life {
  const { name, pid, queues, crons, exit, events, dismissedAtMs } = process
  const limits = Object.entries(queues).map(([queue, { limit }]) => [queue, limit] as const)

  return {
    node: name,
    pid,
    exit,
    readyAtMs: events.find(({ event }) => event === 'ready')?.atMs ?? Infinity,
    dismissedAtMs,
    limits: new Map(limits),
    crons: crons.map((cron) => cron.name),
    told: events,
  }
}
