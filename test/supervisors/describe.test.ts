import { fromPromise, setup } from 'xstate'
import { describe as suite, expect, test } from 'vitest'
import { child, describe, fromProcess, supervisor } from '../../supervisors/index.ts'
import { bench, crash, finish, machine, never } from './support/toys.ts'

function shown(state: unknown) {
  const logic = fromProcess(state, () => undefined)
  const root = bench().start({ children: [child({ id: 'a', logic })] })

  return describe(root.getSnapshot()).children[0]
}

suite('describe', () => {
  test('shows the tree as plain JSON', () => {
    const { start, toyChild } = bench()
    const promise = child({ id: 'promise', logic: fromPromise(never) })
    const children = [child({ id: 'machine', logic: machine, name: 'm' }), promise]
    const inner = child({
      id: 'inner',
      logic: supervisor,
      input: { strategy: 'rest_for_one', children },
    })
    const root = start({
      children: [toyChild('a', { restart: 'transient' }), inner, toyChild('b')],
    })
    crash(root, 'b')
    finish(root, 'a')
    const tree = describe(root.getSnapshot())
    expect(tree).toStrictEqual({
      status: 'active',
      phase: 'running',
      strategy: 'one_for_one',
      maxRestarts: 3,
      maxSeconds: 5,
      recentRestarts: 1,
      children: [
        { id: 'a', restart: 'transient', state: 'down', restarts: 0 },
        {
          id: 'inner',
          restart: 'permanent',
          state: 'up',
          restarts: 0,
          tree: {
            status: 'active',
            phase: 'running',
            strategy: 'rest_for_one',
            maxRestarts: 3,
            maxSeconds: 5,
            recentRestarts: 0,
            children: [
              {
                id: 'machine',
                name: 'm',
                restart: 'permanent',
                state: 'up',
                restarts: 0,
                value: 'working',
                context: { jobs: 2 },
              },
              { id: 'promise', restart: 'permanent', state: 'up', restarts: 0, value: 'active' },
            ],
          },
        },
        {
          id: 'b',
          restart: 'permanent',
          state: 'up',
          restarts: 1,
          lastError: 'Error: boom',
          value: 'ready',
          context: [],
        },
      ],
    })
    expect(JSON.parse(JSON.stringify(tree))).toStrictEqual(tree)
  })

  test('shows a supervisor that could not start', () => {
    const root = bench().start({ maxRestarts: -1 })
    expect(describe(root.getSnapshot())).toStrictEqual({
      status: 'error',
      phase: 'stopping',
      strategy: 'one_for_one',
      maxRestarts: 3,
      maxSeconds: 5,
      recentRestarts: 0,
      children: [],
    })
  })

  test.each<[string, unknown, unknown]>([
    ['a text', 'open', 'open'],
    ['plain objects', { a: [1, null, { b: true }] }, { a: [1, null, { b: true }] }],
    ['only public, where there is one', { public: { jobs: 1 }, secret: 'x' }, { jobs: 1 }],
    ['dates of public as text', { public: new Date(0) }, '1970-01-01T00:00:00.000Z'],
  ])('shows of the state of a process %s', (_what, state, context) => {
    expect(shown(state)).toMatchObject({ value: 'ready', context })
  })

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['a Map', new Map()],
    ['an object with a function', { close: never }],
    ['a number that JSON has not', { n: Number.NaN }],
    ['a cycle', cycle()],
  ])('hides the state of a process that is %s', (_what, state) => {
    expect(Object.keys(shown(state) ?? {})).not.toContain('context')
  })

  test('says so where public is no JSON, instead of failing', () => {
    expect(shown({ public: 1n })?.context).toMatch(/^not JSON: TypeError/)
  })

  test('shows an error that is no Error', () => {
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a')] })
    crash(root, 'a', { code: 42 })
    expect(describe(root.getSnapshot()).children[0]?.lastError).toBe('{ code: 42 }')
  })

  test('cuts the text of an error', () => {
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a')] })
    crash(root, 'a', new Error('x'.repeat(10_000)))
    expect(describe(root.getSnapshot()).children[0]?.lastError).toHaveLength(2_000)
  })

  test('hides the context of a machine without public', () => {
    const logic = setup({}).createMachine({ context: { secret: 'password' } })
    const root = bench().start({ children: [child({ id: 'a', logic })] })
    expect(JSON.stringify(describe(root.getSnapshot()))).not.toContain('password')
  })
})

function cycle(): object {
  const self: { me?: object } = {}
  self.me = self

  return self
}
