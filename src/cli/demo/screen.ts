/** What the demo leaves on the screen. */
import { relative } from 'node:path'
import type { JobState } from '../../job.ts'
import type { Paint, Style } from '../paint.ts'
import { byteSize, count, elapsed, plural } from '../quantity.ts'
import { drawTable, type Column } from '../table.ts'
import { cutTo, padTo } from '../text-width.ts'
import { drawTree } from '../tree/draw-tree.ts'
import { scaledWords } from './scaler.ts'
import type { JobCounts, RunSummary } from './summary.ts'

/** The database once the demo has left it. */
export interface ShownDatabase {
  /** Without the password. */
  readonly url: string
  /** Of an embedded server. */
  readonly dataDir: string | undefined
  readonly isRunning: boolean
}

export interface ScreenInput {
  readonly summary: RunSummary
  /** Name of the instance. */
  readonly instance: string
  readonly database: ShownDatabase
  readonly durationMs: number
  readonly paint: Paint
}

const STYLES: Readonly<Partial<Record<string, Style>>> = {
  completed: 'green',
  discarded: 'red',
  cancelled: 'yellow',
} satisfies Partial<Record<JobState, Style>>

/** Unreadable files that are named; the report has them all. */
const NAMED = 5

const columns: readonly Column[] = [
  { title: 'queue' },
  { title: 'state' },
  { title: 'this run', align: 'right' },
  { title: 'in the database', align: 'right' },
]

function sum(counts: JobCounts): number {
  const all = Object.values(counts).flatMap((states) => Object.values(states))

  return all.reduce((total, value) => total + value, 0)
}

function jobTable({ jobs, allJobs }: RunSummary, paint: Paint): string[] {
  const rows = Object.entries(allJobs).flatMap(([queue, states]) =>
    Object.entries(states).map(([state, total], index) => {
      const style = STYLES[state]
      const shown = style === undefined ? state : paint(style, state)

      return [index === 0 ? queue : '', shown, count(jobs[queue]?.[state] ?? 0), count(total)]
    }),
  )
  const footer = [['all', '', count(sum(jobs)), count(sum(allJobs))]]

  return drawTable(columns, rows, { footer })
}

/** Below the working folder a path is shorter. */
export function shortPath(path: string): string {
  const short = relative('', path)

  return short.startsWith('..') ? path : short
}

function whereabouts({ url, dataDir, isRunning }: ShownDatabase): string {
  if (dataDir === undefined) return url
  const folder = shortPath(dataDir)

  return isRunning ? `${url}, files in ${folder}` : `kept in ${folder}; its server was stopped`
}

/** Characters of a culprit's error: more would not fit beside the other columns on a usual terminal. */
const WHY = 51

/** That much is said by the table. */
const CRASH = /^job crashed its thread: /

const chaosColumns: readonly Column[] = [
  { title: 'chaos' },
  { title: 'ended as' },
  { title: 'next job', align: 'right' },
]

/** Two lines for each culprit: what it did, and how that ended. */
function chaosTable({ chaos }: RunSummary, paint: Paint): string[] {
  const { culprits, bystanders } = chaos
  const { total, completed, restored, attemptsPaid } = bystanders
  const nameWidth = Math.max(...culprits.map(({ worker }) => worker.length))
  const rows = culprits.flatMap(({ worker, deed, state, error, recoveryMs }) => [
    [
      `${padTo(worker, nameWidth)}  ${deed}`,
      paint('yellow', state),
      recoveryMs === undefined ? '' : elapsed(recoveryMs),
    ],
    [paint('dim', `  ${cutTo(error.replace(CRASH, ''), WHY)}`), '', ''],
  ])
  const isFine = completed === total && attemptsPaid === 0
  const footer = [
    [
      `${plural(total, 'bystander')}, begun again ${plural(restored, 'time')}`,
      paint(isFine ? 'green' : 'red', completed === total ? 'completed' : `${completed} completed`),
      '',
    ],
    [`  attempts they paid: ${count(attemptsPaid)}`, '', ''],
  ]

  return drawTable(chaosColumns, rows, { footer })
}

function facts({ summary, database, durationMs }: ScreenInput): (readonly [string, string])[] {
  const { totals, scaled, signups, retries, scheduled, unreadable, skipped } = summary
  const { files, bytes, lines, words, gzipBytes } = totals
  const named = unreadable.slice(0, NAMED)
  const more = unreadable.length - named.length

  return [
    [
      'files',
      `${count(files)} · ${byteSize(bytes)}, gzip ${byteSize(gzipBytes)} · ` +
        `${count(lines)} lines · ${count(words)} words`,
    ],
    ...(skipped === 0 ? [] : [['skipped', `${plural(skipped, 'link')} and the like`] as const]),
    ...named.map(({ path, reason }) => ['unreadable', `${shortPath(path)}: ${reason}`] as const),
    ...(more === 0 ? [] : [['', `and ${count(more)} more, in the report`] as const]),
    [
      'sign-ups',
      `${signups.committed} committed, with ${plural(signups.emails, 'e-mail')} · ` +
        `${signups.rolledBack} rolled back, with none`,
    ],
    ['retried', `${retries.worker}: ${retries.attempts} attempts, ${retries.errors.length} failed`],
    ...(scaled === undefined
      ? []
      : [
          [
            'scaled',
            `${scaledWords(scaled)}; jobs of each: ${scaled.jobs.map(count).join(', ')}`,
          ] as const,
        ]),
    ['scheduled', `Reminder ran ${elapsed(scheduled.lateMs)} after it was due`],
    ['report', shortPath(summary.report)],
    ['outbox', shortPath(summary.outbox)],
    ['database', whereabouts(database)],
    ['tag', summary.run],
    ['took', elapsed(durationMs)],
  ]
}

export function drawScreen(input: ScreenInput): string {
  const { summary, instance, paint } = input
  const rows = facts(input)
  const width = Math.max(...rows.map(([name]) => name.length))

  return [
    '',
    ...drawTree(instance, summary.tree, paint),
    '',
    ...jobTable(summary, paint),
    '',
    ...chaosTable(summary, paint),
    '',
    ...rows.map(([name, text]) => `${paint('dim', name.padEnd(width))}  ${text}`),
    '',
    ...(summary.problems.length === 0
      ? [paint('green', '✔ all went as it should')]
      : summary.problems.map((problem) => paint('red', `✖ ${problem}`))),
  ].join('\n')
}
