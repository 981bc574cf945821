/** The periodic jobs of an instance, as Oban Web shows them. */
import type { CronEntry } from '../cron/crontab.ts'
import type { JsonObject } from '../job/json.ts'

/** Keys are those of Oban. */
export interface ShownOptions {
  /** Joins the entry with its jobs; Oban Web could not make one up for an entry without. */
  readonly name: string
  readonly timezone: string
  readonly args?: JsonObject | undefined
  readonly queue?: string
  readonly priority?: number
  readonly max_attempts?: number
  readonly tags?: readonly string[]
  readonly guaranteed?: true
}

export type ShownCron = readonly [expression: string, worker: string, options: ShownOptions]

export function shownCrontab(entries: readonly CronEntry[]): ShownCron[] {
  return entries.map(({ name, expression, timezone, worker, args, guaranteed, options }) => {
    const { queue, priority, maxAttempts, tags } = options

    return [
      inElixir(expression.text),
      worker,
      {
        name,
        timezone,
        ...(Object.keys(args).length > 0 && { args }),
        ...(queue !== undefined && { queue }),
        ...(priority !== undefined && { priority }),
        ...(maxAttempts !== undefined && { max_attempts: maxAttempts }),
        ...(tags !== undefined && { tags }),
        ...(guaranteed && { guaranteed }),
      },
    ]
  })
}

/** What we read as generously as it is written, without anything that a stricter parser may refuse. */
function inElixir(expression: string): string {
  return expression.replaceAll(/\s+/g, ' ').replaceAll(/\b0+(?=\d)/g, '')
}

/**
 * Less of a crontab that does not fit into one notification, as a second one would take the place of the
 * first: without arguments, and then the half of it.
 */
export function lessenCrontab(crontab: readonly ShownCron[]): ShownCron[] | undefined {
  if (crontab.some(([, , { args }]) => args !== undefined)) {
    return crontab.map(([expression, worker, options]) => [
      expression,
      worker,
      { ...options, args: undefined },
    ])
  }

  return crontab.length > 1 ? crontab.slice(0, Math.ceil(crontab.length / 2)) : undefined
}
