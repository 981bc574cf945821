/** What log lines are made of: levels, and text from jobs, errors and clocks made fit for a line. */
import type { LogLevel } from '../worker/execution.ts'

/** From the lowest on. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

/** A line before it is cut to size and knows who speaks. */
export interface Words {
  readonly level: LogLevel
  readonly message: string
  readonly gist?: string
  /** Tells apart the subjects of one kind of event. */
  readonly subject?: string
  readonly fields: Readonly<Record<string, unknown>>
}

export function isLevel(given: string): given is LogLevel {
  return LEVELS.some((level) => level === given)
}

export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least)
}

/** Lists in fields are cut: a dead node may have left thousands of jobs, and a batch has up to a thousand. */
export const MOST_ITEMS = 100

const LONGEST_MESSAGE = 400

/** Make text from jobs and errors fit for a log: bounded, one line, no password of a URL. */
export function oneLine(text: string): string {
  const masked = text
    .slice(0, 5 * LONGEST_MESSAGE)
    // To the last sign of a word, as there may be one in the password.
    .replaceAll(/:\/\/\S{0,200}@/g, '://***@')
    .replaceAll(/(password\s*=\s*)(?:'[^']*'|[^&\s]+)/gi, '$1***')
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')

  return masked.length > LONGEST_MESSAGE ? `${masked.slice(0, LONGEST_MESSAGE)}…` : masked
}

/** `name: first line of the message`, and the next where it ends in a colon, of anything that can be thrown. */
export function banner(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${reason(error)}` : String(error)

    return oneLine(/^.*(?<=:)\s*\n.*|^.*/.exec(text)?.[0] ?? '')
  } catch {
    // An error's own getters and toString() may throw; a log line must not.
    return 'an error that cannot be read'
  }
}

/** A refused connection to a host with several addresses has no message, only a code. */
function reason(error: Error): string {
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}

export function micros(ms: number): number {
  return Math.round(ms * 1_000)
}

export function millis(ms: number): string {
  return `${Math.round(ms)} ms`
}

export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
