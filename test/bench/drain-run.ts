/** One drain: a queue is filled while it rests, and emptied while a clock runs. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Figures } from './comparison.ts'
import type { BenchServer } from './server.ts'
import type { System } from './system.ts'

/** Time between two looks whether it has ended: half of it is added to each run on average. */
const LOOK_MS = 10

/** Jobs that run before the clock does: threads start, connections open, and V8 compiles for the first 30,000. */
export const WARM_UP_JOBS = 40_000

interface Usage {
  readonly mainUs: number
  readonly cpuUs: number
  readonly rssMb: number
}

export type DrainFigures = Figures & { readonly jobsPerSecond: number }

async function empty(systems: readonly System[]): Promise<number> {
  const [first] = systems
  if (first === undefined) throw new RangeError('there is no system')
  const startedAtMs = performance.now()
  await Promise.all(systems.map(({ program }) => program.ask('run')))
  while (!(await first.hasEnded())) {
    for (const { program } of systems) program.throwIfOver()
    await pause(LOOK_MS)
  }
  const elapsedMs = performance.now() - startedAtMs
  await Promise.all(systems.map(({ program }) => program.ask('rest')))

  return elapsedMs
}

/** Warm up, and rest. */
export async function warmUp(systems: readonly System[], count = WARM_UP_JOBS): Promise<void> {
  await systems[0]?.fill(count)
  await empty(systems)
}

/** Drain so many jobs by several processes on one database, which are at rest, once all is settled. */
export function drainOnce(
  server: BenchServer,
  systems: readonly System[],
  count: number,
): Promise<DrainFigures> {
  return drain(systems, count, () => server.settle())
}

/** @param settle - called when the queue is full, before the clock runs. Default: nothing */
export async function drain(
  systems: readonly System[],
  count: number,
  settle: () => Promise<void> = () => Promise.resolve(),
): Promise<DrainFigures> {
  const [first] = systems
  if (first === undefined) throw new RangeError('there is no system')
  await first.fill(count)
  await settle()
  const asks = () => Promise.all(systems.map(({ program }) => program.ask<Usage>('usage')))
  const [before, walBefore] = [await asks(), await first.walBytes()]
  const elapsedMs = await empty(systems)
  const [after, walAfter] = [await asks(), await first.walBytes()]
  await first.check()
  const used = (pick: (usage: Usage) => number) =>
    after.reduce((sum, usage) => sum + pick(usage), 0) -
    before.reduce((sum, usage) => sum + pick(usage), 0)

  return {
    jobsPerSecond: (count / elapsedMs) * 1_000,
    mainUsPerJob: used(({ mainUs }) => mainUs) / count,
    cpuUsPerJob: used(({ cpuUs }) => cpuUs) / count,
    rssMb: Math.max(...after.map(({ rssMb }) => rssMb)),
    ...(walBefore !== undefined && walAfter !== undefined
      ? { walBytesPerJob: (walAfter - walBefore) / count }
      : {}),
  }
}
