/** Statements that count the jobs of all nodes. */
import type { JobState } from '../job.ts'
import { query, type Db } from './query.ts'

interface Counted {
  readonly state: JobState
  readonly queue: string
  readonly jobs: string
}

export const countStates = query<Counted, [bound: number, leftOut: string[]]>('count_states')

export const queuesOfState = query<{ queue: string }, [state: string, limit: number]>(
  'queues_of_state',
)

const explainJobs = query<{ 'QUERY PLAN': string }, [state: string, queue: string]>('estimate_jobs')

export const databaseTime = query<{ seconds: string }, []>('database_time')

type Plan = ReadonlyArray<{ readonly Plan: { readonly 'Plan Rows': number } }>

/** How many jobs of a queue are in a state, by the statistics that PostgreSQL keeps; 1 or more. */
export async function estimateJobs(db: Db, state: string, queue: string): Promise<number> {
  const [row] = await explainJobs(db, state, queue)
  const plan: Plan = JSON.parse(row?.['QUERY PLAN'] ?? '[]')

  return Math.max(1, Math.round(plan[0]?.Plan['Plan Rows'] ?? 1))
}
