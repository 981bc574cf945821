/** What is wrong with a story, with the timelines of the first jobs that something is wrong with. */
import type { Story, Violation } from './story.ts'
import { timeline } from './timeline.ts'

/** How many jobs are shown. */
const MOST_JOBS = 5

/** @param log - what the nodes told */
export function report(story: Story, found: readonly Violation[], log: string): string {
  const ids = new Set(found.flatMap(({ id }) => id ?? []))
  const stories = [...ids].slice(0, MOST_JOBS).map((id) => `job ${id}\n${timeline(story, id)}`)

  return [JSON.stringify(found, undefined, 1), ...stories, 'what the nodes told', log].join('\n\n')
}
