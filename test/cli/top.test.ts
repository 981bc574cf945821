/** `oban top` as a user runs it, on a pseudo terminal. */
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'
import { startProgram } from '../support/program.ts'
import { startTerminal } from '../support/terminal.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers, oban_ts_leaders'))

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const envOf = () => ({ DATABASE_URL: database.url, NO_COLOR: '1' })
const LEAVE = '\u001B[?7h\u001B[?25h\u001B[?1049l'

/** A node on which a job runs and another has failed. */
async function startBusyNode() {
  const started = await startOban({
    database: database.url,
    workers: [workerModule],
    queues: { media: 2, mailers: 3 },
    node: 'web-1',
  })
  const { oban, told } = started
  await told.hears()
  await told.until('peer.election.stop', ({ leader }) => leader)
  const failing = await oban.enqueue('Fail', {}, { queue: 'mailers' })
  await told.ended(failing.id)
  const running = await oban.enqueue('Wait', {}, { queue: 'media' })
  await told.until('job.log')

  return { ...started, failing, running }
}

test('prints one screen where there is no terminal', async () => {
  const { failing, running } = await startBusyNode()
  const { code, stdout, stderr } = await startProgram([main, 'top', '--interval', '0.25'], {
    env: envOf(),
  }).ended

  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^oban top 1 node · leader web-1 · database [\d.]+ ms .*within 250 ms\n/)
  expect(stdout).toMatch(/\nmedia .* 0\.0 .* 1\/2 /)
  expect(stdout).toMatch(new RegExp(`\n +[\\d.]+ m?s +${running.id}  Wait +media +1  web-1\n`))
  expect(stdout).toMatch(
    new RegExp(`\n\\d+ s ago +${failing.id}  Fail +mailers +1/20  TypeError: boom\n`),
  )
})

test('prints the same as JSON', async () => {
  const { failing, running } = await startBusyNode()
  const { stdout } = await startProgram([main, 'top', '--json', '--interval', '0.25'], {
    env: envOf(),
  }).ended

  expect(JSON.parse(stdout)).toMatchObject({
    leaders: [{ node: 'web-1' }],
    nodes: [{ node: 'web-1', pid: process.pid }],
    queues: [
      { queue: 'mailers', retryable: 1, completedPerSecond: 0, failedPerSecond: 0 },
      { queue: 'media', running: 1, limit: 2, executing: 1 },
    ],
    longestRunning: [{ id: running.id, worker: 'Wait', node: 'web-1' }],
    latestFailures: [
      { id: failing.id, state: 'retryable', error: expect.stringMatching(/^TypeError: boom\n/) },
    ],
  })
})

test.each([
  [80, 24],
  [200, 50],
])('draws on a terminal of %i by %i, takes keys, and gives it back', async (columns, rows) => {
  await startBusyNode()
  const { shows, press, ended } = startTerminal([main, 'top', '--interval', '0.25'], {
    columns,
    rows,
    env: envOf(),
  })
  await shows('› all')
  press('j')
  await shows('› mailers')
  press('p')
  await shows('held: p goes on')
  press('p')
  await shows('every 250 ms')
  press('q')
  const { code, output } = await ended
  const frames = output.split('\u001B[?2026h').slice(1)
  const lines = frames.flatMap((frame) => stripVTControlCharacters(frame).split(/\r+\n/))

  expect(code).toBe(0)
  expect(output.endsWith(LEAVE)).toBe(true)
  expect(lines.filter(({ length }) => length > columns)).toEqual([])
  for (const frame of frames) expect(frame.split('\n').length).toBeLessThanOrEqual(rows)
})

test('gives the terminal back when it is ended by a signal', async () => {
  await startBusyNode()
  const { shows, signal, ended } = startTerminal([main, 'top'], { env: envOf() })
  await shows('› all')
  signal('SIGTERM')
  const { code, output } = await ended

  expect(code).toBe(143)
  expect(output).toContain(LEAVE)
})

test('says plainly that nobody is at the address', async () => {
  const { code, stderr } = await startProgram(
    [main, 'top', '--database-url', 'postgres://me:secret@127.0.0.1:1/app'],
    { env: envOf() },
  ).ended

  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^oban: no PostgreSQL lets us in at postgres:\/\/me:\*\*\*@127\.0\.0\.1:1\/app /,
  )
})
