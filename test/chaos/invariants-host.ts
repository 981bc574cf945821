/** What a node does to the process that it lives in: its log, its errors, what it holds, and how it ends. */
import { groupBy } from './group-by.ts'
import type { NodeEvent } from './node-process.ts'
import { wasKilled, type Life, type Story, type Violation } from './story.ts'

/** Lines of a source are counted over so long, and must stay below two a second. */
const WINDOW_MS = 10_000
const MOST_LINES = 20

/** From the request to stop to the end of the process: the grace of the jobs, and what has to follow. */
const STOP_MS = 30_000

const MEBIBYTE = 2 ** 20

/** What a node may hold at rest beyond what it held right after its start: caches, and compiled code. */
const MOST_GROWTH = {
  heapBytes: 12 * MEBIBYTE,
  externalBytes: 8 * MEBIBYTE,
  rssBytes: 160 * MEBIBYTE,
}

/**
 * What a node at rest may have more than at its start, by kind: connections that open with their first
 * statement, of which a node that has just come up may have made one, and timers of caretakers that were
 * still to come. Which connections they are is known of the server: `invariants-sessions.ts`.
 */
const SPARE: Readonly<Record<string, number>> = { TCPSocketWrap: 5, socket: 5, Timeout: 15 }

/** What a host must never see, whatever happens. */
const MISHAPS = new Set([
  'cron.refused',
  'fatal',
  'inspector.failed',
  'telemetry.handler_failed',
  'uncaughtException',
  'unhandledRejection',
  'warning',
])

/** Who wrote a line: its text without what tells one occurrence from the next. */
export function sourceOf(line: string): string {
  return line
    .replace(/^\[[^\]]*\] /, '')
    .replace(/^\d+ others, the last of them: /, '')
    .replace(/^supervisor: /, 'supervisor ')
    .replace(/: .*$/s, '')
    .replace(/ … repeated .*$/, '')
    .replaceAll(/\d+/g, '#')
}

export function ofLogs({ lives }: Story): Violation[] {
  return lives.flatMap(({ node, told }) => {
    const lines = told.filter(({ event }) => event === 'log')
    const ofSource = groupBy(lines, ({ line }) => sourceOf(String(line)))

    return [...ofSource].flatMap(([source, written]) => {
      const burst = written.findIndex(({ atMs }, index) => {
        const last = written[index + MOST_LINES - 1]

        return last !== undefined && last.atMs - atMs < WINDOW_MS
      })
      if (burst === -1) return []

      return [{ what: `${node} wrote ${MOST_LINES} lines in ${WINDOW_MS} ms of: ${source}` }]
    })
  })
}

export function ofMishaps({ lives }: Story): Violation[] {
  return lives.flatMap(({ node, readyAtMs, told }) => {
    const found = told.filter((event) => MISHAPS.has(event.event) || isGivenUp(event))
    const mishaps = found.map((event) => ({ what: `${node} told of ${JSON.stringify(event)}` }))
    // One module of each node does not load: that must be said, and stop nobody.
    const isSaid = told.some(
      ({ event, line }) => event === 'log' && /broken-module\.js did not load/.test(String(line)),
    )
    if (Number.isFinite(readyAtMs) && !isSaid) {
      mishaps.push({ what: `${node} did not say that a module does not load` })
    }

    return mishaps
  })
}

/** A supervisor that cannot keep its children alive: no fault of ours may lead to that. */
function isGivenUp({ event, kind }: NodeEvent): boolean {
  return event === 'supervisor.report' && kind === 'max_intensity'
}

/** What a process holds, as `figures.js` tells it. */
interface Figures {
  readonly handles: Readonly<Record<string, number>>
  readonly files: Readonly<Record<string, number>>
  readonly threads: number
  readonly heapBytes: number
  readonly externalBytes: number
  readonly rssBytes: number
}

/** Without jobs a node holds no more than it did at its start. */
export function ofFigures({ lives }: Story): Violation[] {
  return lives.flatMap(({ node, told }) => {
    const start = figuresAt(told, 'start')
    const rest = figuresAt(told, 'rest')
    if (!start || !rest) return []

    return growth(start, rest).map((what) => ({ what: `${node} holds ${what}` }))
  })
}

function figuresAt(told: readonly NodeEvent[], moment: 'rest' | 'start'): Figures | undefined {
  const found = told.findLast(({ event, at }) => event === 'figures' && at === moment)

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- told by our own program
  return found as (Figures & NodeEvent) | undefined
}

function growth(start: Figures, rest: Figures): string[] {
  const found: string[] = []
  for (const key of ['handles', 'files'] as const) {
    for (const [kind, count] of Object.entries(rest[key])) {
      const before = start[key][kind] ?? 0
      if (count > before + (SPARE[kind] ?? 0))
        found.push(`${count} ${key} of ${kind}, not ${before}`)
    }
  }
  if (rest.threads > start.threads) found.push(`${rest.threads} threads, not ${start.threads}`)
  for (const [key, most] of Object.entries(MOST_GROWTH) as Array<
    [keyof typeof MOST_GROWTH, number]
  >) {
    const grown = rest[key] - start[key]
    if (grown > most) found.push(`${Math.round(grown / MEBIBYTE)} MiB more of ${key}`)
  }

  return found
}

/** Every node ends when it is told to, by itself, and well. */
export function ofExits({ lives }: Story): Violation[] {
  return lives.flatMap((life) => {
    const what = endOf(life)

    return what === undefined ? [] : [{ what: `${life.node} ${what}` }]
  })
}

function endOf(life: Life): string | undefined {
  const { exit, dismissedAtMs } = life
  // One that never was ready has found no database, and says so with its code.
  if (!Number.isFinite(life.readyAtMs)) return undefined
  if (exit === undefined) return Number.isFinite(dismissedAtMs) ? 'has not ended' : undefined
  // Without a code it crashed in native code, or ran out of memory: nobody had sent it a signal yet.
  if (exit.atMs < dismissedAtMs)
    return `ended by itself, with ${exit.code === null ? 'a signal' : `code ${exit.code}`}`
  if (wasKilled(life)) return undefined
  if (exit.code !== 0) return `ended with code ${exit.code}`
  const tookMs = exit.atMs - dismissedAtMs

  return tookMs > STOP_MS ? `took ${tookMs} ms to end` : undefined
}
