/** What is wrong with a load that is over: the rows, the bodies, the nodes and their memory. */
import type { Pool } from 'pg'
import type { Growth } from './growth.ts'
import { endings, type Ending } from './kinds.ts'
import type { Ledger } from './ledger.ts'
import type { Counts } from './load-node.ts'

/** All that there is to judge. */
export interface Evidence {
  readonly jobs: number
  /** Jobs that one thread runs at once: so many a crash can interrupt. */
  readonly perThread: number
  readonly rows: readonly Ending[]
  /** Errors of attempts that are not what their worker does. */
  readonly strangeErrors: readonly string[]
  readonly producersLeft: number
  readonly ledger: Ledger
  readonly nodes: readonly NodeEvidence[]
}

export interface NodeEvidence {
  readonly node: string
  readonly code: number | null
  readonly counts: Counts
  /** Undefined when it was over too soon to tell. */
  readonly heap: Growth | undefined
  readonly rss: Growth | undefined
}

/** How much memory may seem to grow over a run: a share of what there is, and what noise makes. */
const HEAP = { share: 0.15, leastMb: 6 }
const RSS = { share: 0.3, leastMb: 64 }

const TALLY = `
  SELECT worker, state::text, attempt, coalesce(cardinality(errors), 0) AS errors,
         coalesce((meta ->> 'snoozed')::integer, 0) AS snoozed, count(*)::integer AS count
    FROM oban_jobs
   GROUP BY 1, 2, 3, 4, 5
   ORDER BY 1, 2, 3, 4, 5`

/** A completed row without its time, or claimed by nobody, is as wrong as an error of others. */
const STRANGE = `
  SELECT id || ' ' || worker || ': ' || left(coalesce(entry ->> 'error', 'no error'), 100) AS strange
    FROM oban_jobs
    LEFT JOIN LATERAL unnest(errors) AS entry ON true
   WHERE completed_at IS NULL
      OR cardinality(attempted_by) IS DISTINCT FROM 2
      OR (worker = 'Load.Fails' AND entry ->> 'error' NOT LIKE 'Error: once%')
      OR (worker = 'Load.Crashes' AND entry ->> 'error' NOT LIKE 'JobCrashError: %')
   LIMIT 10`

/** What the database has to say about it. */
export async function askRows(
  pool: Pool,
): Promise<Pick<Evidence, 'producersLeft' | 'rows' | 'strangeErrors'>> {
  const { rows } = await pool.query<Ending>(TALLY)
  const strange = await pool.query<{ readonly strange: string }>(STRANGE)
  const producers = await pool.query('SELECT uuid FROM oban_ts_producers')

  return {
    rows,
    strangeErrors: strange.rows.map((row) => row.strange),
    producersLeft: producers.rows.length,
  }
}

function show({ worker, state, attempt, errors, snoozed, count }: Ending): string {
  return `${count} of ${worker} are ${state} with attempt ${attempt}, ${errors} errors, snoozed ${snoozed} times`
}

function ofRows({ jobs, rows, strangeErrors, producersLeft }: Evidence): string[] {
  const expected = endings(jobs).map(show)
  const found = rows.map(show)

  return [
    ...expected.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`),
    ...found.filter((line) => !expected.includes(line)).map((line) => `unexpected: ${line}`),
    ...strangeErrors.map((line) => `strange: ${line}`),
    ...(producersLeft > 0 ? [`${producersLeft} rows of producers were left behind`] : []),
  ]
}

/** How much more often bodies began than the rows say. */
export function rerunsOf({ jobs, ledger }: Pick<Evidence, 'jobs' | 'ledger'>): number {
  const counted = endings(jobs).reduce(
    (sum, { attempt, snoozed, count }) => sum + (attempt + snoozed) * count,
    0,
  )

  return [...ledger.started.values()].reduce((sum, times) => sum + times, 0) - counted
}

/** Each body ran to its end; only what shared a thread with a crash may have begun once more. */
function ofLedger({ jobs, ledger, nodes, perThread }: Evidence): string[] {
  const found: string[] = []
  if (ledger.ended.size !== jobs) found.push(`the bodies of ${ledger.ended.size} jobs ended`)
  const exits = nodes.reduce((sum, { counts }) => sum + counts.exits, 0)
  const reruns = rerunsOf({ jobs, ledger })
  if (reruns < 0 || reruns > exits * (perThread - 1)) {
    found.push(`bodies began ${reruns} times more than their rows say, with ${exits} crashes`)
  }

  return found
}

function ofCounts({ jobs, nodes }: Evidence): string[] {
  const sum = (pick: (counts: Counts) => number) =>
    nodes.reduce((total, { counts }) => total + pick(counts), 0)
  const expected = endings(jobs)
  const total = (pick: (ending: Ending) => number) =>
    expected.reduce((all, ending) => all + pick(ending) * ending.count, 0)
  const told = {
    success: sum(({ success }) => success),
    failure: sum(({ failure }) => failure),
    snoozed: sum(({ snoozed }) => snoozed),
    lost: sum(({ lost }) => lost),
    rescued: sum(({ rescued }) => rescued),
  }
  const wanted = {
    success: jobs,
    failure: total(({ errors }) => errors),
    snoozed: total(({ snoozed }) => snoozed),
    lost: 0,
    rescued: 0,
  }
  const [first, second] = [JSON.stringify(told), JSON.stringify(wanted)]

  return first === second ? [] : [`the nodes told of ${first}, not ${second}`]
}

function grew(growth: Growth, { share, leastMb }: typeof HEAP): boolean {
  return growth.grownMb > Math.max(leastMb, growth.meanMb * share)
}

function ofNode({ node, code, counts, heap, rss }: NodeEvidence): string[] {
  const found: string[] = []
  if (code !== 0) found.push(`${node} ended with ${code ?? 'a signal'}`)
  if (counts.success === 0) found.push(`${node} has done nothing`)
  for (const [what, growth, bound] of [
    ['heap', heap, HEAP],
    ['process', rss, RSS],
  ] as const) {
    if (growth === undefined || !grew(growth, bound)) continue
    const [grown, mean] = [growth.grownMb.toFixed(1), growth.meanMb.toFixed(1)]
    found.push(`the ${what} of ${node} grew by ${grown} MB over ${mean} MB`)
  }

  return found
}

export function findings(evidence: Evidence): string[] {
  return [
    ...ofRows(evidence),
    ...ofLedger(evidence),
    ...ofCounts(evidence),
    ...evidence.nodes.flatMap(ofNode),
  ]
}
