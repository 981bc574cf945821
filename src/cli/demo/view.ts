/** What the queues of the demo are at, one line for each, while they are. */
import type { QueueState, ThreadState } from '../../queue-state.ts'
import type { Paint } from '../paint.ts'
import { bar } from '../progress.ts'
import { count } from '../quantity.ts'
import { padTo, widthOf } from '../text-width.ts'

/** How many jobs there are, and how many of them have ended. */
export interface Standing {
  readonly total: number
  readonly ended: number
}

export interface ViewInput {
  readonly queues: readonly Pick<QueueState, 'paused' | 'queue' | 'running' | 'threads'>[]
  /** By queue; one that is not there has no jobs yet. */
  readonly standings: ReadonlyMap<string, Standing>
}

/** From so many columns on each thread also tells how busy it is. */
const WIDE = 96

/** What bars get of the columns, from the narrowest terminal on: shorter ones say nothing. */
const BARS: readonly (readonly [columns: number, cells: number])[] = [
  [WIDE, 24],
  [72, 12],
  [48, 8],
  [0, 0],
]

/** Share of the time from which on a thread is as good as blocked. */
const BUSY = 0.95

/** How many jobs a thread runs, or what it does instead. */
function threadWord(thread: ThreadState, columns: number, paint: Paint): string {
  const { state, running, utilization = 0 } = thread
  if (state !== 'up') return paint('dim', state)
  if (columns < WIDE) return String(running.length)
  const busy = `${Math.round(100 * utilization)}%`

  return `${running.length}·${paint(utilization >= BUSY ? 'yellow' : 'dim', busy)}`
}

function threadsWords({ threads }: ViewInput['queues'][number], columns: number, paint: Paint) {
  if (threads.length === 0) return paint('dim', 'inline')
  const words = threads.map((thread) => threadWord(thread, columns, paint))

  return `${paint('dim', threads.length === 1 ? 'thread' : 'threads')} ${words.join(' ')}`
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(widthOf))
}

/** One line for each queue. Some may be longer than the columns, and are cut by whoever shows them. */
export function drawView(
  { queues, standings }: ViewInput,
  columns: number,
  paint: Paint,
): string[] {
  const [, barWidth = 0] = BARS.find(([from]) => columns >= from) ?? []
  const rows = queues.map((queue) => {
    const { ended, total } = standings.get(queue.queue) ?? { ended: 0, total: 0 }

    return {
      name: queue.queue,
      bar: bar(ended, total, barWidth),
      counts: `${count(ended)}/${count(total)}`,
      doing: queue.paused ? 'paused' : `${count(queue.running.length)} running`,
      threads: threadsWords(queue, columns, paint),
    }
  })
  const nameWidth = widest(rows.map(({ name }) => name))
  const countsWidth = widest(rows.map(({ counts }) => counts))
  const doingWidth = widest(rows.map(({ doing }) => doing))

  return rows.map((row) =>
    [
      padTo(row.name, nameWidth),
      ...(barWidth === 0 ? [] : [paint('cyan', row.bar)]),
      row.counts.padStart(countsWidth),
      row.doing.padStart(doingWidth),
      row.threads,
    ].join('  '),
  )
}
