import { expect, test } from 'vitest'
import { drawTree } from '../../src/cli/tree.ts'
import type { ChildDescription, TreeDescription } from '../../supervisors/index.ts'

function leaf(id: string, facts: Partial<ChildDescription> = {}): ChildDescription {
  return { id, restart: 'permanent', state: 'up', restarts: 0, value: 'ready', ...facts }
}

function tree(children: ChildDescription[]): TreeDescription {
  const budget = { maxRestarts: 3, maxSeconds: 5, recentRestarts: 0 }

  return { status: 'active', phase: 'running', strategy: 'one_for_one', ...budget, children }
}

function plain(_: string, text: string): string {
  return text
}

test('draws who runs under whom', () => {
  const pool = leaf('pool', { tree: tree([leaf('thread/1'), leaf('thread/2', { restarts: 3 })]) })

  expect(drawTree('Oban', tree([leaf('db'), pool, leaf('acker')]), plain)).toEqual([
    'actor           state                  restarts',
    'Oban            running · one_for_one         0',
    '├─ db           ready                         0',
    '├─ pool         running · one_for_one         0',
    '│  ├─ thread/1  ready                         0',
    '│  └─ thread/2  ready                         3',
    '└─ acker        ready                         0',
  ])
})

test('names the inner state of a machine', () => {
  const producer = leaf('producer', { value: { running: { idle: 'cool' } } })

  expect(drawTree('Oban', tree([producer]), plain)[2]).toContain('running.idle.cool')
})

test('shows a child that is down as such, and the first line of its last error', () => {
  const down = leaf('db', { state: 'backoff', restarts: 1, lastError: 'Error: gone\n  at x' })

  expect(drawTree('Oban', tree([down]), plain)[2]).toBe(
    '└─ db  backoff                       1  Error: gone',
  )
})

function marks(style: string, text: string): string {
  return text.trim() === '' ? text : `${style}(${text})`
}

test('colours what is up, down and restarted', () => {
  const rows = drawTree('Oban', tree([leaf('db', { state: 'down', restarts: 2 })]), marks)

  expect(rows[1]).toContain('green(running · one_for_one)')
  expect(rows[2]).toContain('red(down')
  expect(rows[2]).toContain('yellow(       2)')
})
