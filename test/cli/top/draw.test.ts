import { expect, test } from 'vitest'
import { drawTop, type TopScreen } from '../../../src/cli/top/draw.ts'
import { History } from '../../../src/cli/top/history.ts'
import type { TopLook } from '../../../src/cli/top/look.ts'
import { widthOf } from '../../../src/cli/text-width.ts'
import { lookAt, topLook } from '../../support/fleet.ts'

function plain(_: string, text: string): string {
  return text
}

function screenOf(seen: TopLook, facts: Partial<TopScreen> = {}): TopScreen {
  const history = new History()
  history.add(seen.queues, seen.portraits)

  return {
    sight: { seen, outage: undefined },
    history,
    before: new Map(),
    chosen: undefined,
    status: 'every 1.0 s',
    keys: 'q quit',
    paint: plain,
    ...facts,
  }
}

test('draws a screen of 80 by 24', () => {
  expect(drawTop(screenOf(topLook()), { columns: 80, rows: 24 })).toEqual([
    'oban top 3 nodes · leader web-1 · database 1.3 ms                    every 1.0 s',
    'node           cpu   memory     up  running   pid',
    'web-1          4 %  84.2 MB  3 min     3/10  4242',
    'web-2          4 %  84.2 MB  3 min     1/20  4242',
    'Oban on web-3                                      does not answer',
    '',
    'queue               done/s  running           available  oldest',
    '› all                    –  ░░░░░ 4/30         █  1,216    75 s',
    '  mailers                –  ░░░░░ 1/20         █     12    75 s  paused',
    '  media                  –  █░░░░ 3/10         █  1,204     5 s',
    '',
    'running for  id  worker           queue    attempt  node',
    ' 1 min 15 s   1  Media.Resize     media          1  web-1',
    '      3.0 s   4  Mailers.Welcome  mailers        2  web-2',
    '',
    ' failed  id  worker           queue    attempt  error',
    '4 s ago   7  Mailers.Welcome  mailers     2/20  Error: 421 too many connections',
    '',
    '',
    '',
    '',
    '',
    '',
    'q quit',
  ])
})

const many = topLook({
  queues: Array.from({ length: 40 }, (_, index) =>
    lookAt(`queue-日本-${index}`, { available: 10 ** (index % 7) }),
  ),
})

test.each([
  [20, 5],
  [40, 10],
  [80, 24],
  [120, 30],
  [200, 50],
])('fits into %i by %i, whatever there is', (columns, rows) => {
  for (const seen of [topLook(), many, topLook({ queues: [], portraits: [], silent: [] })]) {
    const lines = drawTop(screenOf(seen, { chosen: 'queue-日本-30' }), { columns, rows })
    expect(lines).toHaveLength(rows)
    // What the header has in one line is cut by who shows it.
    expect(Math.max(...lines.slice(1).map(widthOf))).toBeLessThanOrEqual(columns)
    expect(lines.at(-1)).toBe('q quit')
  }
})

test('keeps the queue that is chosen in sight, and lists only what is its own', () => {
  const lines = drawTop(screenOf(many, { chosen: 'queue-日本-30' }), { columns: 100, rows: 30 })
  expect(lines.filter((line) => line.includes('› queue-日本-30'))).toHaveLength(1)
  expect(lines.join('\n')).toContain('more queues (↑ ↓)')

  const own = drawTop(screenOf(topLook(), { chosen: 'media' }), { columns: 100, rows: 30 })
  expect(own.filter((line) => line.includes('Mailers.Welcome'))).toEqual([])
  expect(own).toContain('nothing has failed that is still there')
})

test('says since when the database is away, and shows what was', () => {
  const sight = {
    seen: topLook(),
    outage: { reason: 'no PostgreSQL lets us in', sinceMs: 1_000, nowMs: 4_000 },
  }
  const lines = drawTop(screenOf(topLook(), { sight }), { columns: 100, rows: 30 })

  expect(lines[1]).toBe('no database for 3.0 s, this is what was: no PostgreSQL lets us in')
  expect(lines.join('\n')).toContain('Media.Resize')
})

test('lets no name and no error steer the terminal', () => {
  const evil = 'a\u001B[2J\nb'
  const [failure] = topLook().failures
  if (failure === undefined) throw new Error('the look has a failure')
  const seen = topLook({
    leaders: [{ name: evil, node: evil }],
    silent: [evil],
    queues: [lookAt(evil, { available: 1 })],
    failures: [{ ...failure, worker: evil, queue: evil, error: evil }],
  })

  expect(drawTop(screenOf(seen), { columns: 100, rows: 30 }).join('')).not.toMatch(/\p{Cc}/u)
})
