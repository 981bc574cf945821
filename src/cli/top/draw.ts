/** The screen of `oban top`, as lines for a terminal of any size. */
import { oneLine } from '../../telemetry/words.ts'
import { drawColumns, type FittedColumn } from '../columns.ts'
import { capacityOf, type QueueLook } from '../fleet/gather.ts'
import type { Sight } from '../fleet/watch.ts'
import type { Paint } from '../paint.ts'
import { bar } from '../progress.ts'
import { age, byteSize, count, elapsed, plural } from '../quantity.ts'
import { depthWord, stateWord } from '../queues/draw.ts'
import { troubleLines } from '../queues/watch.ts'
import { padTo, widthOf } from '../text-width.ts'
import { nameOf } from '../tree/asker.ts'
import { cpuShare } from '../tree/draw-node.ts'
import type { History, Rate, Track } from './history.ts'
import type { TopLook } from './look.ts'
import { sparkline } from './sparkline.ts'
import type { NodePortrait } from '../../notifier/portrait.ts'

export interface TopScreen {
  readonly sight: Sight<TopLook>
  readonly history: History
  /** The portraits before these, by `nameOf`: the load since then is shown. */
  readonly before: ReadonlyMap<string, NodePortrait>
  /** The queue whose jobs are listed; undefined for all. */
  readonly chosen: string | undefined
  /** What stands at the right of the first line. */
  readonly status: string
  /** What the keys do; empty where there are none. */
  readonly keys: string
  readonly paint: Paint
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Cells of each sparkline and each bar, from so many columns on. */
const GRAPHS: readonly (readonly [columns: number, spark: number, bar: number])[] = [
  [170, 40, 16],
  [130, 24, 12],
  [100, 14, 10],
  [0, 8, 5],
]

/** Lines about nodes: the screen is for queues. */
const MOST_NODES = 4

function header({ sight, status, paint }: TopScreen, { columns }: Size): string {
  const { leaders, portraits, silent, latencyMs } = sight.seen
  const nodes = plural(portraits.length + silent.length, 'node')
  const leader = leaders.map(({ node }) => oneLine(node)).join(', ')
  const left = [
    `${paint('bold', 'oban top')} ${nodes}`,
    leader === '' ? paint('yellow', 'no leader') : `leader ${leader}`,
    `database ${latencyMs.toFixed(1)} ms`,
  ].join(paint('dim', ' · '))
  const room = columns - widthOf(status)
  if (room < widthOf(left) + 2 || columns === Infinity) return `${left}  ${paint('dim', status)}`

  return padTo(left, room) + paint('dim', status)
}

const NODE_COLUMNS: readonly FittedColumn[] = [
  { title: 'node', least: 10 },
  { title: 'cpu', align: 'right' },
  { title: 'memory', align: 'right' },
  { title: 'up', align: 'right', leave: 1 },
  { title: 'running', align: 'right' },
  { title: 'pid', align: 'right', leave: 2 },
  { title: '' },
]

function nodeLines({ sight, before, paint }: TopScreen, { columns }: Size): string[] {
  const { portraits, silent } = sight.seen
  const rows = [
    ...portraits.map((portrait) => {
      const { process, queues } = portrait
      const running = queues.reduce((total, queue) => total + queue.running.length, 0)
      const limit = queues.reduce((total, queue) => total + queue.limit, 0)

      return [
        oneLine(portrait.node),
        `${Math.round(100 * cpuShare(portrait, before.get(nameOf(portrait))))} %`,
        byteSize(process.memoryBytes),
        age(process.uptimeSeconds * 1_000),
        `${count(running)}/${count(limit)}`,
        String(process.pid),
        '',
      ]
    }),
    ...silent.map((name) => [
      oneLine(name),
      '',
      '',
      '',
      '',
      '',
      paint('yellow', 'does not answer'),
    ]),
  ]
  if (rows.length === 0) return []
  const lines = drawColumns(NODE_COLUMNS, rows, { width: columns, paint })
  const more = lines.length - 1 - MOST_NODES

  return more <= 0
    ? lines
    : [...lines.slice(0, MOST_NODES), paint('dim', `… ${more + 1} more nodes`)]
}

/** `12.3`, `1,204` */
function rateWord(value: number): string {
  return value < 99.95 ? value.toFixed(1) : count(Math.round(value))
}

function failedWord(rate: Rate | undefined, paint: Paint): string {
  if (rate === undefined) return ''
  const word = rateWord(rate.failed)

  return rate.failed > 0 ? paint('red', word) : word
}

interface Facts {
  readonly name: string
  readonly track: Track
  readonly queues: readonly QueueLook[]
}

function queueRow({ name, track, queues }: Facts, { columns }: Size, paint: Paint): string[] {
  const [, spark = 8, cells = 5] = GRAPHS.find(([from]) => columns >= from) ?? []
  const capacities = queues.map(capacityOf)
  const running = capacities.reduce((total, each) => total + each.running, 0)
  const limit = capacities.reduce((total, each) => total + each.limit, 0)
  const rate = track.rates.at(-1)
  const ends = track.rates.map((each) => each && each.completed + each.failed)
  const depth = (state: 'available' | 'retryable' | 'scheduled') => ({
    jobs: queues.reduce((total, { depths }) => total + depths[state].jobs, 0),
    isEstimate: queues.some(({ depths }) => depths[state].isEstimate),
  })
  const oldest = Math.max(-1, ...queues.map(({ oldestSeconds }) => oldestSeconds ?? -1))
  const done = rate === undefined ? '–' : rateWord(rate.completed)
  const [only] = queues

  return [
    name,
    `${paint('green', sparkline(ends, spark))} ${done.padStart(6)}`,
    failedWord(rate, paint),
    limit === 0
      ? ''
      : `${paint('cyan', bar(running, limit, cells))} ${count(running)}/${count(limit)}`,
    `${paint('yellow', sparkline(track.depths, spark))} ${depthWord(depth('available')).padStart(6)}`,
    oldest < 0 ? '' : age(oldest * 1_000),
    depthWord(depth('retryable')),
    depthWord(depth('scheduled')),
    queues.length === 1 && only !== undefined ? stateWord(only, paint) : '',
  ]
}

const QUEUE_COLUMNS: readonly FittedColumn[] = [
  { title: 'queue', least: 9 },
  { title: 'done/s', align: 'right' },
  { title: 'failed/s', align: 'right', leave: 1 },
  { title: 'running' },
  { title: 'available', align: 'right' },
  { title: 'oldest', align: 'right', leave: 2 },
  { title: 'retryable', align: 'right', leave: 3 },
  { title: 'scheduled', align: 'right', leave: 4 },
  { title: '', least: 6 },
]

/** As many lines as there is room for, among them the one that is chosen. */
function windowed(lines: readonly string[], chosen: number, room: number, paint: Paint): string[] {
  if (lines.length <= room) return [...lines]
  const top = Math.max(0, Math.min(chosen - room + 2, lines.length - room + 1))
  const shown = lines.slice(top, top + room - 1)

  return [...shown, paint('dim', `… ${lines.length - shown.length} more queues (↑ ↓)`)]
}

function queueLines(screen: TopScreen, size: Size, room: number): string[] {
  const { sight, history, chosen, paint } = screen
  const { queues } = sight.seen
  const mark = (name: string, isChosen: boolean): string =>
    screen.keys === '' ? name : isChosen ? paint('bold', `› ${name}`) : `  ${name}`
  const all: Facts = { name: mark('all', chosen === undefined), track: history.all(), queues }
  const facts = queues.map((look) => ({
    name: mark(oneLine(look.queue), look.queue === chosen),
    track: history.of(look.queue),
    queues: [look],
  }))
  const rows = [all, ...facts].map((each) => queueRow(each, size, paint))
  const [title = '', ...lines] = drawColumns(QUEUE_COLUMNS, rows, { width: size.columns, paint })
  const place = queues.findIndex(({ queue }) => queue === chosen) + 1

  return [title, ...windowed(lines, place, room, paint)]
}

const RUNNING_COLUMNS: readonly FittedColumn[] = [
  { title: 'running for', align: 'right' },
  { title: 'id', align: 'right' },
  { title: 'worker', least: 14 },
  { title: 'queue', least: 8 },
  { title: 'attempt', align: 'right', leave: 1 },
  { title: 'node', least: 10 },
]

function runningLines(
  { sight, chosen, paint }: TopScreen,
  { columns }: Size,
  room: number,
): string[] {
  const { running } = sight.seen
  const rows = running
    .filter(({ queue }) => chosen === undefined || queue === chosen)
    .slice(0, Math.max(0, room))
    .map(({ seconds, id, worker, queue, attempt, node }) => [
      elapsed(seconds * 1_000),
      String(id),
      oneLine(worker),
      oneLine(queue),
      String(attempt),
      oneLine(node),
    ])

  return rows.length === 0
    ? [paint('dim', 'nothing is running')]
    : drawColumns(RUNNING_COLUMNS, rows, { width: columns, paint })
}

const FAILURE_COLUMNS: readonly FittedColumn[] = [
  { title: 'failed', align: 'right' },
  { title: 'id', align: 'right' },
  { title: 'worker', least: 14 },
  { title: 'queue', least: 8, leave: 1 },
  { title: 'attempt', align: 'right', leave: 2 },
  { title: 'error', least: 36 },
]

function failureLines(
  { sight, chosen, paint }: TopScreen,
  { columns }: Size,
  room: number,
): string[] {
  const { failures } = sight.seen
  const rows = failures
    .filter(({ queue }) => chosen === undefined || queue === chosen)
    .slice(0, Math.max(0, room))
    .map(({ seconds, id, worker, queue, state, attempt, maxAttempts, error }) => {
      const reason = oneLine(error.split('\n', 1).join(''))

      return [
        `${age(seconds * 1_000)} ago`,
        String(id),
        oneLine(worker),
        oneLine(queue),
        `${attempt}/${maxAttempts}`,
        state === 'discarded' ? paint('red', reason) : reason,
      ]
    })

  return rows.length === 0
    ? [paint('dim', 'nothing has failed that is still there')]
    : drawColumns(FAILURE_COLUMNS, rows, { width: columns, paint })
}

/** Rows of a list where nobody counts them. */
const USUAL_ROWS = 5

/** What runs and what has failed. Each has a line above it and titles; failures get what is left. */
function listLines(screen: TopScreen, size: Size, room: number): string[] {
  if (room === Infinity) {
    const running = runningLines(screen, size, USUAL_ROWS)

    return ['', ...running, '', ...failureLines(screen, size, USUAL_ROWS)]
  }
  const rows = Math.floor((room - 4) / 2)
  if (rows < 1) return []
  const running = runningLines(screen, size, rows)

  return ['', ...running, '', ...failureLines(screen, size, room - running.length - 3)]
}

/** The whole screen: not more lines than it has rows. */
export function drawTop(screen: TopScreen, size: Size): string[] {
  const { sight, keys, paint } = screen
  const head = [header(screen, size), ...troubleLines(sight, paint), ...nodeLines(screen, size), '']
  const foot = keys === '' ? [] : [paint('dim', keys)]
  const free = size.rows - head.length - foot.length
  // Of what is left the queues get half, and what they leave goes to the lists below.
  const queues = queueLines(screen, size, Math.max(3, Math.floor(free / 2) - 1))
  const left = free - queues.length
  const body = [...head, ...queues, ...listLines(screen, size, left)]
  if (foot.length === 0) return body
  const filled = Array.from(
    { length: Math.max(0, size.rows - body.length - foot.length) },
    () => '',
  )

  return [...body.slice(0, size.rows - foot.length), ...filled, ...foot]
}
