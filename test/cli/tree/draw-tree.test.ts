import { expect, test } from 'vitest'
import { drawTree } from '../../../src/cli/tree/draw-tree.ts'
import { leaf, tree } from '../../support/portrait.ts'

function plain(_: string, text: string): string {
  return text
}

test('draws who runs under whom', () => {
  const pool = leaf('pool', { tree: tree([leaf('thread/1'), leaf('thread/2', { restarts: 3 })]) })

  expect(drawTree('Oban', tree([leaf('db'), pool, leaf('acker')]), plain)).toEqual([
    'actor           state    restarts',
    'Oban            running         0',
    '├─ db           ready           0',
    '├─ pool         running         0',
    '│  ├─ thread/1  ready           0',
    '│  └─ thread/2  ready           3',
    '└─ acker        ready           0',
  ])
})

test('names the inner state of a machine', () => {
  const producer = leaf('producer', { value: { running: { idle: 'cool' } } })

  expect(drawTree('Oban', tree([producer]), plain)[2]).toContain('running.idle.cool')
})

test('shows a child that is down as such, and the first line of its last error', () => {
  const down = leaf('db', { state: 'backoff', restarts: 1, lastError: 'Error: gone\n  at x' })

  expect(drawTree('Oban', tree([down]), plain)[2]).toBe('└─ db  backoff         1  Error: gone')
})

function marks(style: string, text: string): string {
  return text.trim() === '' ? text : `${style}(${text})`
}

test('colours what is up, down and restarted', () => {
  const rows = drawTree('Oban', tree([leaf('db', { state: 'down', restarts: 2 })]), marks)

  expect(rows[1]).toContain('green(running)')
  expect(rows[2]).toContain('red(down')
  expect(rows[2]).toContain('yellow(       2)')
})

test('shows of the place of a thread what the thread is at', () => {
  const asleep = leaf('thread/1', { context: { thread: 'asleep', exits: 0 } })

  expect(drawTree('Oban', tree([asleep]), plain)[2]).toContain('asleep')
})

test('has room for what is said about an actor, and for wide names', () => {
  const rows = drawTree('Oban', tree([leaf('媒体'), leaf('db')]), plain, ({ id }, path) =>
    id === 'db' ? `here ${path.join('/')}` : '',
  )

  expect(rows.slice(2)).toEqual([
    '├─ 媒体  ready           0',
    '└─ db    ready           0  here db',
  ])
})

test('tells of regions beside each other only what each is in', () => {
  const value = { on: { connectivity: 'clustered', pings: { waiting: 'long' } } }
  const [, , line] = drawTree('Oban', tree([leaf('sonar', { value })]), plain)

  expect(line).toMatch(/sonar +clustered, waiting\.long +0/)
})
