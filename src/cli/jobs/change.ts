/** `oban jobs retry`, `cancel` and `delete`: says what they are about, asks, and does it. */
import type { ManagedJobs } from '../../engine/managed-jobs.ts'
import { countMatching, type Matching } from '../../engine/search.ts'
import type { CheckedFilter } from '../../job/filter.ts'
import type { QueryClient } from '../../job/query-client.ts'
import { endStates, jobStates, type JobState } from '../../job.ts'
import { oneLine } from '../../telemetry/words.ts'
import { UsageError } from '../command.ts'
import { plural } from '../quantity.ts'
import { sum } from './count.ts'

export type Action = 'cancel' | 'delete' | 'retry'

interface Kind {
  readonly past: string
  /** States in which it does nothing. */
  readonly spares: readonly JobState[]
}

const KINDS: Readonly<Record<Action, Kind>> = {
  retry: { past: 'retried', spares: ['available', 'executing'] },
  cancel: { past: 'cancelled', spares: endStates },
  delete: { past: 'deleted', spares: ['executing'] },
}

export interface ChangeInput {
  readonly action: Action
  readonly filter: CheckedFilter
  readonly jobs: ManagedJobs
  readonly client: QueryClient
  readonly prefix: string
  /** Do it without asking. */
  readonly yes: boolean
  readonly canAsk: boolean
  readonly ask: (question: string) => Promise<boolean>
  /** Show some of the jobs that are meant. */
  readonly sample: (filter: CheckedFilter) => Promise<readonly string[]>
  readonly warn: (line: string) => void
}

/** The filter, without the jobs that the action would leave alone; undefined when none is left. */
function effective(action: Action, filter: CheckedFilter): CheckedFilter | undefined {
  const { spares } = KINDS[action]
  const states = (filter.states ?? jobStates).filter((state) => !spares.includes(state))

  return states.length === 0 ? undefined : { ...filter, states }
}

/** `1,204 jobs: 1,100 discarded in media, 104 retryable in mailers` */
function breakdown(counts: readonly Matching[]): string {
  const parts = counts
    .toSorted((a, b) => b.jobs - a.jobs)
    .map(({ jobs, state, queue }) => `${jobs} ${state} in ${oneLine(queue)}`)
  const more = parts.length > 6 ? [`… ${parts.length - 6} more`] : []

  return [...parts.slice(0, 6), ...more].join(', ')
}

/** Jobs that were named and are left alone, of which it is told why. */
const MOST_SPARED = 20

/** Why a job that was named is left alone; undefined when it is not. */
async function whySpared(
  { action, filter, client, prefix }: ChangeInput,
  id: number,
): Promise<string | undefined> {
  const { past, spares } = KINDS[action]
  const [row] = await countMatching(client, prefix, { ids: [id] })
  if (row === undefined) return `there is no job ${id}`
  if (spares.includes(row.state)) return `job ${id} is ${row.state}: it cannot be ${past}`
  const [fitting] = await countMatching(client, prefix, { ...filter, ids: [id] })

  return fitting === undefined ? `job ${id} does not fit the other conditions` : undefined
}

/** One line for each job that was named and is left alone. */
async function spared(input: ChangeInput): Promise<string[]> {
  const lines: string[] = []
  for (const id of (input.filter.ids ?? []).slice(0, MOST_SPARED)) {
    const line = await whySpared(input, id)
    if (line !== undefined) lines.push(line)
  }

  return lines
}

/**
 * Change the jobs that are meant.
 *
 * @returns how many were changed
 * @throws {UsageError} when nobody can be asked and it was not said that nobody needs to be
 * @throws {Error} when no job fits, or the answer was no
 */
export async function changeJobs(input: ChangeInput): Promise<number> {
  const { action, filter, jobs, client, prefix, yes, warn } = input
  const meant = effective(action, filter)
  const counts = meant ? await countMatching(client, prefix, meant) : []
  const total = sum(counts)
  for (const line of await spared(input)) warn(line)
  if (meant === undefined || total === 0)
    throw new Error(`no job fits that can be ${KINDS[action].past}`)

  if (!yes) {
    const what = `${plural(total, 'job')} (${breakdown(counts)})`
    if (!input.canAsk) {
      throw new UsageError(`this would ${action} ${what}; add --yes to do so`)
    }
    for (const line of await input.sample(meant)) warn(line)
    if (total > counts.length) warn('')
    if (!(await input.ask(`${action} ${what}?`))) throw new Error('nothing was changed')
  }

  return jobs[action](meant)
}

/** `cancelled 12 jobs` */
export function changedWords(action: Action, total: number): string {
  return `${KINDS[action].past} ${plural(total, 'job')}`
}
