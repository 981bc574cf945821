/**
 * What a worker or a configuration says about one periodic job, checked but for its arguments: their
 * schema may be known to the threads only.
 */
import type { Problem } from '../errors.ts'
import { fieldProblems, nameProblems, unknownKeyProblems } from '../job/fields.ts'
import { copyAsJson, isJsonObject, type JsonObject } from '../job/json.ts'
import { shown } from '../shown.ts'
import type { QueueName } from '../worker/register.ts'
import { readExpression } from './grammar.ts'
import { zoneProblem } from './zone.ts'

/** Options of the jobs of an entry; they take the place of the worker's own. */
export interface CronJobOptions {
  readonly queue?: QueueName | undefined
  /** 0 (first) to 9. */
  readonly priority?: number | undefined
  /** Runs before the job is discarded, 1 to 32767. */
  readonly maxAttempts?: number | undefined
  readonly tags?: readonly string[] | undefined
  /** Kept with the job, beside what says which entry it comes from. */
  readonly meta?: JsonObject | undefined
}

/** A periodic job but for its arguments. */
export interface CronOptions extends CronJobOptions {
  /** Oban's dialect: five fields, or a nickname such as `@daily`. */
  readonly expression: string
  /** Whose wall clock the expression is about. Default: `cron.timezone` of the instance, 'UTC' */
  readonly timezone?: string | undefined
  /**
   * What tells the entry from all others of the instance, and joins it with its jobs in Oban Web.
   * Default: a hash of expression, time zone, worker, arguments and options
   */
  readonly name?: string | undefined
  /** Whether a run that was missed while no node was up is made up for, the last one only. Default: false */
  readonly guaranteed?: boolean | undefined
}

/** When a worker is to run by itself; its arguments may be left out where `{}` is valid. */
export type WorkerCron<Args> = SingleCron<Args> | readonly SingleCron<Args>[]

type SingleCron<Args> = {} extends Args
  ? string | (CronOptions & { readonly args?: Args | undefined })
  : CronOptions & { readonly args: Args }

/** What is said, in one shape, and copied. */
export interface CronRule {
  readonly expression: string
  readonly timezone: string | undefined
  readonly name: string | undefined
  readonly guaranteed: boolean
  readonly args: JsonObject
  readonly options: CronJobOptions
}

export type RuleReading = { readonly rule: CronRule } | { readonly problems: readonly Problem[] }

const optionNames = [
  'expression',
  'timezone',
  'name',
  'guaranteed',
  'args',
  'queue',
  'priority',
  'maxAttempts',
  'tags',
  'meta',
] satisfies (keyof CronOptions | 'args')[]

/**
 * Read one rule.
 *
 * @param given - an expression, or an object; what else stands in it is the caller's
 */
export function readRule(given: unknown): RuleReading {
  const said: unknown = typeof given === 'string' ? { expression: given } : given
  if (!isJsonObject(said)) {
    const message = `expected a cron expression or an object with one, found ${shown(given)}`

    return { problems: [{ path: '', message }] }
  }
  const problems: Problem[] = []
  const { expression, timezone, name, guaranteed = false, ...rest } = said
  const options = readOptions(rest, problems)
  const args = readObject(rest['args'], 'args', problems)
  const reading = readExpression(expression)
  if ('problem' in reading) problems.push({ path: 'expression', message: reading.problem })
  const wrongZone = timezone === undefined ? undefined : zoneProblem(timezone)
  if (wrongZone !== undefined) problems.push({ path: 'timezone', message: wrongZone })
  if (name !== undefined) problems.push(...nameProblems(name, 'name'))
  if (typeof guaranteed !== 'boolean') {
    problems.push({
      path: 'guaranteed',
      message: `must be true or false, got ${shown(guaranteed)}`,
    })
  }
  problems.push(...unknownKeyProblems(said, optionNames))
  if (problems.length > 0 || 'problem' in reading) return { problems }

  return {
    rule: {
      expression: reading.text,
      timezone: optionalText(timezone),
      name: optionalText(name),
      guaranteed: guaranteed === true,
      args,
      options,
    },
  }
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function readOptions(said: CronJobOptions, problems: Problem[]): CronJobOptions {
  const { queue, priority, maxAttempts, tags } = said
  const fields = { queue: 'default', priority: 0, maxAttempts: 20, tags: [] }
  const given = Object.entries({ queue, priority, maxAttempts, tags }).filter(
    ([, value]) => value !== undefined,
  )
  problems.push(...fieldProblems({ ...fields, ...Object.fromEntries(given) }))
  const meta = said.meta === undefined ? {} : { meta: readObject(said.meta, 'meta', problems) }

  return { ...Object.fromEntries(given), ...meta }
}

function readObject(given: unknown, path: string, problems: Problem[]): JsonObject {
  const copy = copyAsJson(given ?? {}, path)
  if ('value' in copy && isJsonObject(copy.value)) return copy.value
  problems.push(
    'problem' in copy ? copy.problem : { path, message: `must be an object, got ${shown(given)}` },
  )

  return {}
}

/** More than there are minutes in a day; a sparse array can claim to have four billion. */
const MOST_RULES = 2_000

/** What a worker's `cron` says: one rule or several, and all that is wrong with them. */
export function readRules(given: unknown): {
  readonly rules: readonly CronRule[]
  readonly problems: readonly Problem[]
} {
  if (given === undefined) return { rules: [], problems: [] }
  const isList = Array.isArray(given)
  if (isList && given.length > MOST_RULES) {
    const message = `has ${given.length} entries; at most ${MOST_RULES} are read`

    return { rules: [], problems: [{ path: 'cron', message }] }
  }
  const readings = (isList ? given : [given]).map((each: unknown) => readRule(each))

  return {
    rules: readings.flatMap((reading) => ('rule' in reading ? [reading.rule] : [])),
    problems: readings.flatMap((reading, index) => {
      if ('rule' in reading) return []
      const place = isList ? `cron[${index}]` : 'cron'

      return reading.problems.map((problem) => ({
        ...problem,
        path: problem.path === '' ? place : `${place}.${problem.path}`,
      }))
    }),
  }
}
