/** When a body ended: with a line of its own, with its thread, or with its node. */
import type { Run } from './ledger.ts'
import { groupBy } from './group-by.ts'
import type { Life, Story } from './story.ts'

/** Ways of a thread to end that cut off what runs on it. */
const CUTS = new Set<unknown>(['crash', 'memory', 'shutdown', 'unresponsive'])

function keyOf(pid: number, queue: unknown, thread: unknown): string {
  return `${pid} ${String(queue)} ${String(thread)}`
}

export interface Endings {
  /** Undefined for a body whose end nobody noticed. */
  readonly endOf: (run: Run) => number | undefined
  /** When the thread of a run was first cut off after its start. */
  readonly cutOf: (run: Run) => number | undefined
}

export function endingsIn({ lives }: Pick<Story, 'lives'>): Endings {
  const ofProcess = new Map(lives.map((life) => [life.pid, life]))
  const cuts = groupBy(
    lives.flatMap(({ pid, told }) =>
      told
        .filter(({ event, cause }) => event === 'thread.exit' && CUTS.has(cause))
        .map(({ queue, thread, atMs }) => ({ key: keyOf(pid, queue, thread), atMs })),
    ),
    ({ key }) => key,
  )
  const cutOf = ({ pid, queue, thread, startedAtMs }: Run) =>
    cuts.get(keyOf(pid, queue, thread))?.find(({ atMs }) => atMs >= startedAtMs)?.atMs

  return {
    cutOf,
    endOf: (run) => run.endedAtMs ?? cutOf(run) ?? brokenOff(ofProcess.get(run.pid)),
  }
}

/** When a process ended that took along what it ran. */
function brokenOff(life: Life | undefined): number | undefined {
  return life?.exit?.code === 0 ? undefined : life?.exit?.atMs
}
