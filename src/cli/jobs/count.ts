/** `oban jobs count`: how many jobs of each queue are in each state. */
import type { Matching } from '../../engine/search.ts'
import { jobStates } from '../../job.ts'
import { oneLine } from '../../telemetry/words.ts'
import { drawColumns } from '../columns.ts'
import type { Paint } from '../paint.ts'
import { count } from '../quantity.ts'

/** How many jobs there are in all. */
export function sum(counts: readonly Matching[]): number {
  return counts.reduce((total, { jobs }) => total + jobs, 0)
}

/** A line for each queue, and one for all; a state that nothing is in has no column. */
export function drawCounts(
  counts: readonly Matching[],
  options: { readonly width: number; readonly paint: Paint },
): string[] {
  const states = jobStates.filter((state) => counts.some((each) => each.state === state))
  const queues = [...new Set(counts.map(({ queue }) => queue))].toSorted()
  const row = (name: string, own: readonly Matching[]): string[] => [
    name,
    ...states.map((state) => count(sum(own.filter((each) => each.state === state)))),
    count(sum(own)),
  ]

  return drawColumns(
    [
      { title: 'queue', least: 8 },
      ...states.map((state) => ({ title: state, align: 'right' as const })),
      { title: 'all', align: 'right' },
    ],
    [
      ...queues.map((queue) =>
        row(
          oneLine(queue),
          counts.filter((each) => each.queue === queue),
        ),
      ),
      ...(queues.length > 1 ? [row('all', counts)] : []),
    ],
    options,
  )
}
