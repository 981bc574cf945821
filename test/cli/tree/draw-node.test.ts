import { expect, test } from 'vitest'
import { drawNode } from '../../../src/cli/tree/draw-node.ts'
import { leaf, portraitOf, tree } from '../../support/portrait.ts'

function plain(_: string, text: string): string {
  return text
}

test('draws a node, what its queues and threads are at, and what actors show', () => {
  expect(drawNode(portraitOf(), plain)).toEqual([
    'web-1 cpu 4 % · 84.2 MB · up 3 min 5 s · pid 4242 · Node.js 20.20.0',
    'actor                    state              restarts',
    'Oban                     running                   0',
    '├─ db                    ready                     0',
    '├─ notifier              session.listening         0  connected 1 min 0 s ago',
    '├─ acker                 working.idle              0  3 waiting',
    '└─ nursery               running                   0',
    '   ├─ foreman            running                   0',
    '   │  └─ default         running                   0  2/10 running · 12 15',
    '   │     ├─ pool         running                   0',
    '   │     │  └─ thread/1  up                        0  2 running · 154 done · 12 15',
    '   │     ├─ producer     running.idle              0',
    '   │     └─ watchman     watching                  0',
    '   └─ midwife            resting                   0',
  ])
})

test('shows memory and load of threads that tell them, a pause, and some of many jobs', () => {
  const portrait = portraitOf()
  const [queue] = portrait.queues
  const [thread] = queue?.threads ?? []
  if (queue === undefined || thread === undefined) throw new Error('the portrait has a queue')
  const running = Array.from({ length: 12 }, (_, index) => index + 1)
  const queues = [
    {
      ...queue,
      paused: true,
      running,
      prefetched: 3,
      threads: [{ ...thread, running: [], memoryBytes: 64_000_000, utilization: 0.374 }],
    },
  ]
  const lines = drawNode({ ...portrait, queues }, plain).join('\n')

  expect(lines).toContain('paused · 12/10 running · 3 ahead · 1 2 3 4 5 6 7 8 … 4 more')
  expect(lines).toContain('0 running · 37 % busy · 64.0 MB · 154 done')
})

test('shows the load since the portrait before, unless the process is another', () => {
  const before = portraitOf()
  const { process } = before
  const later = { ...process, uptimeSeconds: 186, cpuSeconds: 7.9 }
  const first = (pid: number) =>
    drawNode(portraitOf({ process: { ...later, pid } }), plain, before)[0]

  expect(first(4242)).toContain('cpu 50 %')
  expect(first(1)).toContain('cpu 4 %')
})

test.each([
  [1, '1 entry'],
  [2, '2 entries'],
])('shows %i of what an actor counts', (entries, shown) => {
  const cron = leaf('cron', { context: { entries } })

  expect(drawNode(portraitOf({ tree: tree([cron]) }), plain)[3]).toContain(shown)
})

test('shows the budget of a supervisor that restarts', () => {
  const inner = leaf('harbor', { tree: tree([leaf('stager')], { recentRestarts: 2 }) })

  expect(drawNode(portraitOf({ tree: tree([inner]) }), plain)[3]).toBe(
    '└─ harbor     running         0  2 of 3 restarts in 5 s',
  )
})

test('lets no name steer the terminal', () => {
  const evil = 'a\u001B[2J\nb'
  const tree1 = tree([leaf(evil, { lastError: `Error: ${evil}`, context: { [evil]: evil } })])
  const lines = drawNode(portraitOf({ instance: evil, node: evil, tree: tree1 }), plain)

  expect(lines).toHaveLength(4)
  expect(lines.join('')).not.toMatch(/\p{Cc}/u)
})
