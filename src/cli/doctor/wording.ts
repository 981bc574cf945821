/** Words that several checks use: statements, names, and lists that do not grow without end. */
import { inSchema, quoteIdentifier } from '../../engine/query.ts'
import { oneLine } from '../../telemetry/words.ts'
import { count, elapsed } from '../quantity.ts'

/** The jobs table, or another of the schema, as a statement names it. */
export function tableIn(prefix: string, name = 'oban_jobs'): string {
  return `${quoteIdentifier(prefix)}.${quoteIdentifier(name)}`
}

/** A command of ours on this schema. */
export function command(prefix: string, rest: string): string {
  return prefix === 'public' ? `oban ${rest}` : `oban ${rest} --prefix ${shellWord(prefix)}`
}

/** A statement of a migration, for this schema and without the comments. */
export function statement(sql: string, prefix: string): string {
  const text = sql.replaceAll(/^\s*--.*$/gm, '').replaceAll(/\s+/g, ' ')

  return `${inSchema(text, prefix).trim().replace(/;$/, '')};`
}

function shellWord(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Names, the first few; they come from rows, and may hold anything. */
export function list(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => oneLine(name))
  const more = names.length - shown.length

  return more > 0 ? `${shown.join(', ')} and ${count(more)} more` : shown.join(', ')
}

const HOUR = 3_600

/** `45 s`, `12 min 5 s`, `7 h`, `3 days` */
export function age(seconds: number): string {
  if (seconds < 2 * HOUR) return elapsed(Math.max(0, seconds) * 1_000)
  if (seconds < 48 * HOUR) return `${Math.round(seconds / HOUR)} h`

  return `${count(Math.round(seconds / (24 * HOUR)))} days`
}

/** 10,000 stands for that many or more. */
export function bounded(value: number): string {
  return value >= 10_000 ? '10,000 or more' : count(value)
}
