/** `oban jobs`: find jobs, look at them, and change them, in every language's rows. */
import type { Client } from 'pg'
import { jobsThrough, type ManagedJobs } from '../engine/managed-jobs.ts'
import { databaseTime } from '../engine/counts.ts'
import { countMatching } from '../engine/search.ts'
import { SchemaMissingError } from '../database-errors.ts'
import type { CheckedFilter } from '../job/filter.ts'
import { parseJob, type Job } from '../job.ts'
import { hint } from './arguments.ts'
import { defineCommand, UsageError, type Context, type OptionSpecs } from './command.ts'
import { canAsk, confirm } from './confirm.ts'
import { databaseOptions, withDatabase } from './database.ts'
import { changedWords, changeJobs, type Action } from './jobs/change.ts'
import { drawCounts } from './jobs/count.ts'
import { drawJobs, listedJob } from './jobs/list.ts'
import { filterOf, filterOptions, idsOf, listingOf, selectionOf } from './jobs/selection.ts'
import { drawJob, wholeJob } from './jobs/show.ts'
import { isMissing } from './missing-tables.ts'
import { paintFor } from './paint.ts'
import { columnsOf } from './terminal-size.ts'

const options = {
  ...filterOptions,
  limit: { type: 'string', value: 'number', description: 'jobs in a page, to 1000. Default: 50' },
  after: {
    type: 'string',
    value: 'cursor',
    description: 'the next page, as the last one printed it',
  },
  order: {
    type: 'string',
    value: 'order',
    words: ['newest', 'oldest'],
    description: 'Default: newest first',
  },
  'show-args': { type: 'boolean', description: 'show args, which may hold secrets, in the list' },
  all: { type: 'boolean', description: 'retry, cancel, delete: every job' },
  yes: { type: 'boolean', description: 'retry, cancel, delete: do not ask' },
  json: { type: 'boolean', description: 'print one JSON object' },
  ...databaseOptions,
} as const satisfies OptionSpecs

type JobsContext = Context<typeof options>

/** What a verb works with. */
interface Means {
  readonly client: Client
  readonly prefix: string
  readonly jobs: ManagedJobs
  /** By the clock of the database, as that wrote the times. */
  readonly nowMs: number
}

type Work = (means: Means) => Promise<void>

/** Checked before the database is asked for anything. */
type Verb = (context: JobsContext, operands: readonly string[]) => Work

/** What only some verbs take. */
const PAGE = ['limit', 'after', 'order', 'show-args'] as const
const CHANGE = ['all', 'yes'] as const
const FILTER = Object.keys(filterOptions)

function refuse(context: JobsContext, verb: string, names: readonly string[]): void {
  const [wrong] = names.filter((name) => Object.hasOwn(context.options, name))
  if (wrong !== undefined) throw new UsageError(`--${wrong} is not for ${verb}`)
}

function terminalOf({ env }: JobsContext, stream: NodeJS.WriteStream) {
  const isTerminal = stream.isTTY

  return { width: columnsOf(stream, Infinity), paint: paintFor(isTerminal, env) }
}

const list: Verb = (context, operands) => {
  if (operands.length > 0) throw new UsageError(`unexpected argument "${operands[0]}"`)
  refuse(context, 'the list', CHANGE)
  const { options: given, print, warn } = context
  const { limit, order, after, 'show-args': showArgs = false, json } = given
  const listing = listingOf({
    ...filterOf(given),
    ...(limit !== undefined && { limit: limitOf(limit) }),
    ...(order !== undefined && { order: orderOf(order) }),
    ...(after !== undefined && { after }),
  })

  return async ({ jobs, nowMs }) => {
    const page = await jobs.list(listing)
    if (json) {
      const { next = null } = page
      print(JSON.stringify({ jobs: page.jobs.map((job) => listedJob(job, showArgs)), next }))

      return
    }
    if (page.jobs.length === 0) return warn('no job fits')
    const shown = { jobs: page.jobs, nowMs, showArgs, ...terminalOf(context, process.stdout) }
    for (const line of drawJobs(shown)) print(line)
    if (page.next !== undefined) warn(`there are more: --after ${page.next}`)
  }
}

/** Its bounds are known by the listing. */
function limitOf(limit: string): number {
  if (/^\d{1,9}$/.test(limit)) return Number(limit)
  throw new UsageError(`--limit is a number of jobs, not "${limit}"`)
}

function orderOf(order: string): 'newest' | 'oldest' {
  if (order === 'newest' || order === 'oldest') return order
  throw new UsageError(`--order is newest or oldest, not "${order}"`)
}

const show: Verb = (context, operands) => {
  refuse(context, 'show', [...FILTER, ...PAGE, ...CHANGE])
  const { options: given, print, warn } = context
  const ids = idsOf(operands)
  if (ids.length === 0) throw new UsageError('which job? Give its id: oban jobs show 42')

  return async ({ jobs, nowMs }) => {
    const found: (Job | undefined)[] = []
    for (const id of ids) {
      const row = await jobs.find(id)
      found.push(row && parseJob(row))
    }
    const { paint } = terminalOf(context, process.stdout)
    for (const [index, job] of found.entries()) {
      if (job === undefined) warn(`there is no job ${ids[index]}`)
      else if (given.json) print(JSON.stringify(wholeJob(job)))
      else print([...(index === 0 ? [] : ['']), ...drawJob(job, nowMs, paint)].join('\n'))
    }
    if (found.includes(undefined)) throw new Error('not every job was found')
  }
}

const count: Verb = (context, operands) => {
  if (operands.length > 0) throw new UsageError(`unexpected argument "${operands[0]}"`)
  refuse(context, 'count', [...PAGE, ...CHANGE])
  const { options: given, print, warn } = context
  const { filter } = listingOf(filterOf(given))

  return async ({ client, prefix }) => {
    const counts = await countMatching(client, prefix, filter)
    if (given.json) return print(JSON.stringify({ counts }))
    if (counts.length === 0) return warn('no job fits')
    for (const line of drawCounts(counts, terminalOf(context, process.stdout))) print(line)
  }
}

function change(action: Action): Verb {
  return (context, operands) => {
    refuse(context, action, PAGE)
    const { options: given, print, warn } = context
    const { all = false, yes = false, json } = given
    const filter = selectionOf(filterOf(given, idsOf(operands)), all)

    return async ({ client, prefix, jobs, nowMs }) => {
      const sample = async (meant: CheckedFilter): Promise<string[]> => {
        const page = await jobs.list({ filter: meant, limit: 5, order: 'newest', after: undefined })

        return drawJobs({
          jobs: page.jobs,
          nowMs,
          showArgs: false,
          ...terminalOf(context, process.stderr),
        })
      }
      const asking = { yes, canAsk: canAsk(), ask: confirm, sample, warn }
      const total = await changeJobs({ action, filter, jobs, client, prefix, ...asking })
      print(json ? JSON.stringify({ action, jobs: total }) : changedWords(action, total))
    }
  }
}

const verbs = new Map<string, Verb>([
  ['list', list],
  ['show', show],
  ['count', count],
  ['retry', change('retry')],
  ['cancel', change('cancel')],
  ['delete', change('delete')],
])

function verbOf(word: string): Verb {
  const verb = verbs.get(word)
  if (verb !== undefined) return verb
  if (/^\d+$/.test(word)) throw new UsageError(`did you mean "oban jobs show ${word}"?`)
  const known = [...verbs.keys()]
  throw new UsageError(
    `oban jobs has no "${word}"${hint(word, known) || `; there are ${known.join(', ')}`}`,
  )
}

export const jobsCommand = defineCommand({
  name: 'jobs',
  summary: 'list, show, count, retry, cancel and delete jobs',
  options,
  operands: {
    usage: '[show|count|retry|cancel|delete] [id…]',
    description: 'what to do. Default: list those that fit the filter',
    words: ['show', 'count', 'retry', 'cancel', 'delete'],
  },
  examples: [
    { line: 'oban jobs --state retryable,discarded', description: 'what has failed' },
    { line: 'oban jobs show 42', description: 'everything about a job, args included' },
    {
      line: 'oban jobs retry --state discarded --worker Media.Resize',
      description: 'once the mistake is mended',
    },
  ],
  exitCodes: { 1: 'failed, or nothing was shown or changed that was asked for by name or filter' },

  async run(context) {
    const [word = 'list', ...operands] = context.operands
    const work = verbOf(word)(context, operands)
    await withDatabase(context, async (client, prefix) => {
      const jobs = jobsThrough(client, { prefix, notifier: 'postgres' })
      const [row] = await databaseTime({ client, prefix, named: false })
      try {
        await work({ client, prefix, jobs, nowMs: Number(row?.seconds) * 1_000 })
      } catch (error) {
        throw isMissing(error) ? new SchemaMissingError(prefix, { cause: error }) : error
      }
    })
  },
})
