/** Whether jobs pile up that come at a steady pace, while another session's snapshot stays open. */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Figures } from '../comparison.ts'
import { onDatabase, startOurs } from '../contenders.ts'
import type { Family, Stage } from '../family.ts'
import { withProgram } from './latency.ts'

const PER_SECOND = 500
const LIMIT = 100
/** So many times `--seconds`: what piles up does so slowly. */
const LONGER = 15

const OPEN = `
  SELECT count(*)::integer AS count FROM oban_jobs WHERE state IN ('available', 'executing')`

/** The most jobs that were open at a look, one a second, of the last quarter. */
async function watch(client: Client, seconds: number, isOver: () => boolean): Promise<number> {
  const looks: number[] = []
  while (!isOver()) {
    await pause(1_000)
    const { rows } = await client.query(OPEN)
    looks.push(rows[0].count)
  }

  return Math.max(...looks.slice(Math.floor((seconds * 3) / 4)))
}

async function measure(stage: Stage): Promise<Figures> {
  const seconds = stage.options.seconds * LONGER

  return onDatabase(stage, async (url) => {
    const [holder, watcher] = [new Client(url), new Client(url)]
    await Promise.all([holder.connect(), watcher.connect()])
    const queues = { bench: { limit: LIMIT, threads: 1 } }
    try {
      return await withProgram(await startOurs(stage, url, queues), async (program) => {
        await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
        await holder.query('SELECT count(*) FROM oban_jobs')
        let isOver = false
        const times = program
          .ask<number[]>('latency', { perSecond: PER_SECOND, count: PER_SECOND * seconds })
          .finally(() => {
            isOver = true
          })
        const [open] = await Promise.all([watch(watcher, seconds, () => isOver), times])

        return { open }
      })
    } finally {
      await Promise.all([holder.end(), watcher.end()])
    }
  })
}

export const backlogFamily: Family = {
  isOnce: true,
  contenders: [{ name: 'held', measure: measure }],
  comparisons: [
    {
      case: 'backlog/held-snapshot',
      ours: { contender: 'held', figure: 'open' },
      unit: `jobs waiting or running at most, of ${PER_SECOND}/s`,
      // What comes in one second.
      aim: { of: 'ours', most: PER_SECOND },
    },
  ],
}
