import { expect, test } from 'vitest'
import { drawView, type ViewInput } from '../../../src/cli/demo/view.ts'
import type { ThreadState } from '../../../src/queue-state.ts'

const plain = (_: string, text: string): string => text

function thread(number: number, state: ThreadState['state'], running: readonly number[] = []) {
  return { thread: number, state, running, jobs: 0, exits: 0, utilization: 0.978 }
}

const input: ViewInput = {
  queues: [
    { queue: 'default', paused: false, running: [], threads: [] },
    {
      queue: 'files',
      paused: false,
      running: [4, 5, 6],
      threads: [thread(1, 'up', [4, 5]), thread(2, 'draining', [6]), thread(3, 'booting')],
    },
    { queue: 'mail', paused: true, running: [], threads: [thread(1, 'asleep')] },
  ],
  standings: new Map([
    ['default', { total: 3, ended: 3 }],
    ['files', { total: 1_200, ended: 600 }],
  ]),
}

test('draws a line for each queue, whose columns stand below each other', () => {
  expect(drawView(input, 76, plain)).toEqual([
    'default  ████████████        3/3  0 running  inline',
    'files    ██████░░░░░░  600/1,200  3 running  threads 2 draining booting',
    'mail     ░░░░░░░░░░░░        0/0     paused  thread asleep',
  ])
})

test('tells how busy threads are where there is room for it', () => {
  expect(drawView(input, 116, plain)[1]).toBe(
    'files    ████████████░░░░░░░░░░░░  600/1,200  3 running  threads 2·98% draining booting',
  )
})

test('draws shorter bars on a narrow terminal, and none on a very narrow one', () => {
  expect(drawView(input, 60, plain)[0]).toBe('default  ████████        3/3  0 running  inline')
  expect(drawView(input, 30, plain)[0]).toBe('default        3/3  0 running  inline')
})

test('marks a thread that is as good as blocked', () => {
  const marked = drawView(input, 116, (style, text) => `<${style} ${text}>`)

  expect(marked[1]).toContain('2·<yellow 98%> <dim draining>')
})
