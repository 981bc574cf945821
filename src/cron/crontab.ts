/** The periodic jobs of an instance, and which of their runs are owed at a minute. */
import { createHash } from 'node:crypto'
import { ConfigError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../job/json.ts'
import type { WorkerDefinition } from '../worker/definition.ts'
import { isDue, lastRun, nextRun, parseExpression } from './expression.ts'
import type { CronExpression } from './expression.ts'
import type { CronJobOptions, CronRule } from './rule.ts'
import { MINUTE_MS } from './zone.ts'

/** One periodic job. */
export interface CronEntry {
  /** One of its kind in the instance; `meta.cron_name` of its jobs. */
  readonly name: string
  readonly expression: CronExpression
  readonly timezone: string
  readonly worker: string
  readonly args: JsonObject
  readonly guaranteed: boolean
  /** As the entry gives them, without the worker's own. */
  readonly options: CronJobOptions
  /** Undefined for a worker that this node does not know, perhaps of another language. */
  readonly definition: WorkerDefinition | undefined
}

/** An entry as operators see it. */
export interface CronListing {
  readonly name: string
  /** As it was written. */
  readonly expression: string
  readonly timezone: string
  readonly worker: string
  readonly guaranteed: boolean
  /** Undefined for `@reboot`. */
  readonly nextRun: Date | undefined
  /** When it was due last, whether or not a node was up then. Undefined for `@reboot`. */
  readonly lastRun: Date | undefined
}

/** A minute at which an entry is to insert a job. */
export interface CronRun {
  readonly entry: CronEntry
  /** Milliseconds since 1970. */
  readonly atMs: number
}

/**
 * A run that lies so far ahead was inserted by a clock that was wrong and has been set right. To wait until
 * it is reached would keep an entry from running for as long as the clock was ahead; what is less may be
 * a clock that steps back now, and its minutes are not to run again. The measure is that of Vixie cron.
 */
export const ASTRAY_MS = 3 * 60 * MINUTE_MS

export interface CronSource {
  readonly rule: CronRule
  readonly worker: string
  readonly definition: WorkerDefinition | undefined
}

export function entryOf({ rule, worker, definition }: CronSource, defaultZone: string): CronEntry {
  const { expression, name, timezone = defaultZone, ...rest } = rule

  return {
    ...rest,
    name: name ?? hashedName(rule, worker, timezone),
    expression: parseExpression(expression),
    timezone,
    worker,
    definition,
  }
}

/**
 * The same on every node and in every release, as it is the key of what ran last. An entry that is changed
 * is another one. `guaranteed` is left out: switching it on is to find the last run.
 */
function hashedName({ expression, args, options }: CronRule, worker: string, timezone: string) {
  const { meta = {}, ...others } = options
  const identity = [expression, timezone, worker, args, meta, { ...others }]

  return createHash('sha256').update(JSON.stringify(identity, sorted)).digest('hex').slice(0, 16)
}

/** Two objects that differ in the order of their keys are the same. */
function sorted(_: string, value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value

  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export class Crontab {
  readonly entries: readonly CronEntry[]
  /** The last run of each entry that is dealt with, by this node or another. */
  readonly #settled = new Map<CronEntry, number>()
  /** Entries whose jobs cannot be stored. */
  readonly #refused = new Set<CronEntry>()
  #rebooted = false

  /** @throws {ConfigError} when two entries have one name */
  constructor(entries: readonly CronEntry[]) {
    this.entries = entries
    refuseDuplicates(entries)
  }

  /** The runs that are to be tried for at a minute; others may have been quicker. */
  owed(minuteMs: number): CronRun[] {
    return this.entries.flatMap((entry) => {
      const last = this.#settled.get(entry) ?? -Infinity
      const isAstray = last > minuteMs + ASTRAY_MS
      if (isAstray) this.#settled.delete(entry)
      const since = isAstray ? -Infinity : last

      return this.#due(entry, minuteMs)
        .filter((atMs) => atMs > since)
        .map((atMs) => ({ entry, atMs }))
    })
  }

  /** These have been inserted, by whomever. */
  settle(runs: readonly CronRun[]): void {
    for (const { entry, atMs } of runs) {
      this.#settled.set(entry, Math.max(atMs, this.#settled.get(entry) ?? atMs))
    }
    this.#rebooted = true
  }

  /** Note that the jobs of an entry cannot be stored. @returns whether that is news */
  refuse(entry: CronEntry): boolean {
    const isNews = !this.#refused.has(entry)
    this.#refused.add(entry)

    return isNews
  }

  /** When the next entry is due after an instant. */
  nextRun(after: Date): Date | undefined {
    const times = this.entries.flatMap(({ expression, timezone }) => {
      return nextRun(expression, after, timezone)?.getTime() ?? []
    })

    return times.length === 0 ? undefined : new Date(Math.min(...times))
  }

  list(now: Date): CronListing[] {
    return this.entries.map(({ name, expression, timezone, worker, guaranteed }) => ({
      name,
      expression: expression.text,
      timezone,
      worker,
      guaranteed,
      nextRun: nextRun(expression, now, timezone),
      lastRun: lastRun(expression, now, timezone),
    }))
  }

  /**
   * The minute before counts too: a tick may have been late, or nobody there for a moment. What is
   * longer ago is made up for only where it is wanted, and then the last of it.
   */
  #due({ expression, timezone, guaranteed }: CronEntry, minuteMs: number): number[] {
    if (expression.fields === null) return this.#rebooted ? [] : [minuteMs]
    const recent = [minuteMs - MINUTE_MS, minuteMs].filter((atMs) =>
      isDue(expression, atMs, timezone),
    )
    if (recent.length > 0 || !guaranteed) return recent
    const missed = lastRun(expression, new Date(minuteMs), timezone)

    return missed === undefined ? [] : [missed.getTime()]
  }
}

function refuseDuplicates(entries: readonly CronEntry[]): void {
  const first = new Map<string, CronEntry>()
  const problems = entries.flatMap((entry) => {
    const other = first.get(entry.name)
    if (other === undefined) {
      first.set(entry.name, entry)

      return []
    }
    const pair = `${described(other)} and ${described(entry)}`

    return [
      { path: 'cron', message: `${pair} have one name, "${entry.name}"; give them a name each` },
    ]
  })
  if (problems.length > 0) throw new ConfigError(problems)
}

function described({ expression, worker }: CronEntry): string {
  return `"${expression.text}" of ${worker}`
}
