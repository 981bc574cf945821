/** The schema of the `cron` option: crontab and time zone. */
import { z } from 'zod'
import type { CronRule } from '../cron/rule.ts'
import { readRule } from '../cron/rule.ts'
import { zoneProblem } from '../cron/zone.ts'
import { nameProblems } from '../job/fields.ts'
import { definitionOf, isWorker, type WorkerDefinition } from '../worker/definition.ts'
import { attempt, found, isPlain } from './input.ts'
import { bag, either } from './values.ts'

/** An entry of the crontab, whose worker may be known by its name only. */
export interface CrontabRule {
  readonly rule: CronRule
  readonly worker: string
  readonly definition: WorkerDefinition | undefined
}

export interface CronConfig {
  readonly timezone: string
  readonly crontab: readonly CrontabRule[]
}

/** A time zone that this Node.js knows. */
export const timezone = z.unknown().transform((given, context) => {
  const problem = zoneProblem(given)
  if (problem === undefined) return String(given)
  context.addIssue(problem)

  return z.NEVER
})

type WorkerReading = Pick<CrontabRule, 'definition' | 'worker'> | { readonly problem: string }

function readWorker(given: unknown): WorkerReading {
  const definition = attempt(() => (isWorker(given) ? definitionOf(given) : undefined), undefined)
  if (definition !== undefined) return { worker: definition.name, definition }
  if (typeof given !== 'string') {
    return { problem: `expected a worker or the name of one, found ${found(given)}` }
  }
  const [wrong] = nameProblems(given, 'worker')

  return wrong === undefined ? { worker: given, definition: undefined } : { problem: wrong.message }
}

const entry = z.unknown().transform((given, context): CrontabRule => {
  if (!isPlain(given)) {
    context.addIssue(`expected an object with expression and worker, found ${found(given)}`)

    return z.NEVER
  }
  const { worker: who, ...said } = given
  const worker = readWorker(who)
  const reading = attempt(() => readRule(said), {
    problems: [{ path: '', message: 'cannot be read: a getter or a proxy in it throws' }],
  })
  if ('problem' in worker) {
    context.addIssue({ code: 'custom', path: ['worker'], message: worker.problem })
  }
  if ('problems' in reading) {
    for (const { path, message } of reading.problems) {
      context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message })
    }
  }

  return 'problem' in worker || 'problems' in reading ? z.NEVER : { rule: reading.rule, ...worker }
})

const options = bag({
  timezone: timezone.prefault('UTC'),
  crontab: z
    .array(entry, { error: ({ input }) => `expected an array, found ${found(input)}` })
    .default([]),
})

export const cron = either<CronConfig | false>((given) =>
  given === false ? z.literal(false) : options,
)
