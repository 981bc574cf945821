/**
 * Statements over the jobs that a filter selects. Which conditions stand in them varies; every value is
 * a parameter, as text that is cast, since the drivers of callers write arrays and JSON in ways of
 * their own.
 */
import type { CheckedFilter } from '../job/filter.ts'
import type { Listing } from '../job/listing.ts'
import { formatTextArray } from '../job/text-array.ts'
import type { JobRow, JobState } from '../job.ts'
import type { QueryClient } from '../job/query-client.ts'
import { ask } from './ask.ts'
import { inSchema, source } from './query.ts'

/** Rows in one statement, and so the most that are locked at a time. */
const PAGE = 5_000

const listText = source('list_jobs')
const cancelText = source('cancel_jobs')
const retryText = source('retry_jobs')
const deleteText = source('delete_jobs')
const countText = source('count_matching')

interface Condition {
  readonly sql: string
  readonly value: string
}

function numbers(values: readonly number[]): string {
  return `{${values.join(',')}}`
}

/** `?` stands for the parameter. */
function conditionsOf(filter: CheckedFilter): Condition[] {
  const { ids, states, queues, workers, priorities, tags, args, meta } = filter
  const list: (Condition | undefined)[] = [
    ids && { sql: 'id = ANY (?::text::bigint[])', value: numbers(ids) },
    states && {
      sql: 'state = ANY (?::text::/*prefix*/oban_job_state[])',
      value: formatTextArray(states),
    },
    queues && { sql: 'queue = ANY (?::text::text[])', value: formatTextArray(queues) },
    workers && { sql: 'worker = ANY (?::text::text[])', value: formatTextArray(workers) },
    priorities && { sql: 'priority = ANY (?::text::integer[])', value: numbers(priorities) },
    tags && { sql: 'tags::text[] @> ?::text::text[]', value: formatTextArray(tags) },
    args && { sql: 'args @> ?::text::jsonb', value: JSON.stringify(args) },
    meta && { sql: 'meta @> ?::text::jsonb', value: JSON.stringify(meta) },
  ]

  return list.filter((condition) => condition !== undefined)
}

interface Statement {
  readonly text: string
  readonly values: (string | null)[]
}

/** What a name of a schema may hold too, and so what is no marker: quoted names, literals, comments. */
const TOKENS = /"(?:[^"]|"")*"|'(?:[^']|'')*'|--.*$|\/\*\w+\*\//gm

function replaceMarker(text: string, marker: string, sql: string): string {
  return text.replaceAll(TOKENS, (found) => (found === marker ? sql : found))
}

/** Put conditions where the marker stands; their parameters follow those of the statement. */
function withConditions(
  text: string,
  prefix: string,
  { values, conditions }: { values: (string | null)[]; conditions: readonly Condition[] },
): Statement {
  const parts = conditions.map(({ sql }, index) => {
    return `${sql.replace('?', () => `$${values.length + index + 1}`)} AND `
  })

  return {
    text: replaceMarker(text, '/*filter*/', inSchema(parts.join(''), prefix)),
    values: [...values, ...conditions.map(({ value }) => value)],
  }
}

/** A page of jobs, and whether there are more. */
export async function listJobs(
  client: QueryClient,
  prefix: string,
  { filter, limit, order, after }: Listing,
): Promise<{ readonly rows: readonly JobRow[]; readonly hasMore: boolean }> {
  const conditions = conditionsOf(filter)
  if (after !== undefined) {
    const sql = `id ${order === 'newest' ? '<' : '>'} ?::text::bigint`
    conditions.push({ sql, value: String(after) })
  }
  const direction = order === 'newest' ? 'DESC' : 'ASC'
  const template = replaceMarker(listText(prefix), '/*direction*/', direction)
  // One more than asked for tells whether there is another page.
  const statement = { values: [String(limit + 1)], conditions }
  const { text, values } = withConditions(template, prefix, statement)
  const rows = (await ask<readonly JobRow[]>(client, text, values)) ?? []

  return { rows: rows.slice(0, limit), hasMore: rows.length > limit }
}

/** How many of the jobs that a filter selects are in a state and a queue. */
export interface Matching {
  readonly state: JobState
  readonly queue: string
  readonly jobs: number
}

/** Count the jobs that a filter selects. All of them are read. */
export async function countMatching(
  client: QueryClient,
  prefix: string,
  filter: CheckedFilter,
): Promise<readonly Matching[]> {
  const statement = { values: [], conditions: conditionsOf(filter) }
  const { text, values } = withConditions(countText(prefix), prefix, statement)

  return (await ask<readonly Matching[]>(client, text, values)) ?? []
}

/** What became of many jobs. */
export interface Changed {
  readonly count: number
  /** In which there are jobs now that may run at once. */
  readonly queues: readonly string[]
  /** Those that were executing, where nobody was told of them. */
  readonly executing: readonly number[]
}

/** The answer of each statement that changes a page of jobs. */
interface PageAnswer extends Changed {
  /** The last id of the page. */
  readonly last: number | null
  /** No job above it is meant: it was inserted after the call began. */
  readonly bound: number | null
}

interface Change {
  readonly text: (prefix: string) => string
  /** Where what the change leads to is announced; null to announce nothing. */
  readonly channel: string | null
}

/**
 * Change what a filter selects, in the order of ids and a page at a time: each page is a statement, and
 * through a pool a transaction, of its own. Jobs that come in meanwhile are not meant.
 */
async function changeJobs(
  client: QueryClient,
  prefix: string,
  filter: CheckedFilter,
  { text: template, channel }: Change,
): Promise<Changed> {
  const queues = new Set<string>()
  const executing: number[] = []
  const conditions = conditionsOf(filter)
  let count = 0
  let after = 0
  let bound: number | null = null
  for (;;) {
    const page = [String(PAGE), String(after), bound === null ? null : String(bound), channel]
    const { text, values } = withConditions(template(prefix), prefix, { values: page, conditions })
    const answer: PageAnswer | undefined = await ask(client, text, values)
    if (answer === undefined) break
    count += answer.count
    for (const queue of answer.queues) queues.add(queue)
    executing.push(...answer.executing)
    if (answer.last === null || answer.count < PAGE) break
    after = answer.last
    bound = answer.bound
  }

  return { count, queues: [...queues], executing }
}

/** Cancel those that have not ended; each that is executing is signalled to every node. */
export function cancelJobs(
  client: QueryClient,
  prefix: string,
  filter: CheckedFilter,
  channel: string | null,
): Promise<Changed> {
  return changeJobs(client, prefix, filter, { text: cancelText, channel })
}

/** Make those run again that are neither available nor executing. */
export function retryJobs(
  client: QueryClient,
  prefix: string,
  filter: CheckedFilter,
  channel: string | null,
): Promise<Changed> {
  return changeJobs(client, prefix, filter, { text: retryText, channel })
}

/** Delete those that are not executing. */
export function deleteJobs(
  client: QueryClient,
  prefix: string,
  filter: CheckedFilter,
): Promise<Changed> {
  return changeJobs(client, prefix, filter, { text: deleteText, channel: null })
}
