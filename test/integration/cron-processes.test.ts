/** Periodic jobs of five nodes in processes of their own, in minutes of six seconds. */
import { expect, test } from 'vitest'
import { cronProcesses } from '../support/cron-process.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()

const HOUR_MS = 3_600_000

test('each run is inserted once, whatever becomes of the nodes and of who leads', async () => {
  const epoch = new Date('2026-01-01T12:00:30Z')
  const { start, reached } = cronProcesses({
    url: database.url,
    name: 'CronNodes',
    crontab: [{ expression: '* * * * *', worker: 'Cron.Minutely' }],
    speed: 10,
    epoch,
  })
  const nodes = [start(), start(HOUR_MS), start(-HOUR_MS), start(), start()]
  await Promise.all(nodes.map(({ untilUp }) => untilUp))

  await reached(3)
  const leader = nodes.find(({ isLeader }) => isLeader())
  leader?.signal('SIGKILL')
  const frozen = nodes.find((node) => node !== leader)
  frozen?.signal('SIGSTOP')
  nodes.push(start())
  await reached(5)
  const stopped = nodes.find((node) => node !== leader && node !== frozen)
  await stopped?.stop()
  frozen?.signal('SIGCONT')
  nodes.push(start(HOUR_MS))
  await reached(8)
  const left = nodes.filter((node) => node !== leader && node !== stopped)
  await Promise.all(left.map((node) => node.stop()))

  const minutes = await database.query<{ at: string }>(
    `SELECT meta ->> 'cron_at' AS at FROM oban_jobs WHERE worker = 'Cron.Minutely' ORDER BY 1`,
  )
  const found = minutes.map(({ at }) => (Date.parse(at) - epoch.getTime()) / 60_000)
  const [first = Number.NaN] = found
  // None is missing, and none is there twice.
  expect(found).toEqual(found.map((_, index) => first + index))
  expect(found.at(-1)).toBeGreaterThan(7)
  expect(leader?.isLeader()).toBe(true)
}, 180_000)
