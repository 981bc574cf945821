import { describe, expect, test } from 'vitest'
import { child, whichChildren, type Restart } from '../../supervisors/index.ts'
import {
  bench,
  crash,
  Deferred,
  finish,
  machine,
  never,
  refOf,
  settled,
  states,
  toy,
  throwing,
} from './support/toys.ts'

describe('restart', () => {
  test.each<[Restart, 'crash' | 'finish', string]>([
    ['permanent', 'finish', '+a -a +a'],
    ['permanent', 'crash', '+a -a +a'],
    ['transient', 'finish', '+a -a'],
    ['transient', 'crash', '+a -a +a'],
    ['temporary', 'finish', '+a -a'],
    ['temporary', 'crash', '+a -a'],
  ])('of a %s child after a %s', (restart, how, log) => {
    const { start, toyChild, logged } = bench()
    const root = start({ children: [toyChild('a', { restart })] })
    if (how === 'crash') crash(root, 'a')
    else finish(root, 'a')
    expect(logged()).toBe(log)
  })

  test.each<[Restart, string]>([
    ['permanent', 'a:up'],
    ['transient', 'a:down'],
    ['temporary', ''],
  ])('of a %s child that somebody else shut down', (restart, state) => {
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a', { restart })] })
    refOf(root, 'a').send({ type: 'sup.shutdown', reason: 'test' })
    expect(states(root)).toBe(state)
  })

  test('is tried again when somebody else stops a child that is on its way up', () => {
    const { clock, start, toyChild } = bench()
    let isSlow = false
    const slow = toyChild('a', { onStart: () => (isSlow ? never() : undefined) })
    const root = start({ children: [slow] })
    isSlow = true
    crash(root, 'a')
    refOf(root, 'a').send({ type: 'xstate.stop' })
    expect(states(root)).toBe('a:backoff')

    isSlow = false
    clock.increment(1)
    expect(states(root)).toBe('a:up')
  })

  test('keeps the specification of a transient child that ended, not of a temporary one', () => {
    const { start, toyChild } = bench()
    const root = start({
      children: [toyChild('a', { restart: 'transient' }), toyChild('b', { restart: 'temporary' })],
    })
    finish(root, 'a')
    crash(root, 'b')
    expect(whichChildren(root)).toEqual([{ id: 'a', ref: undefined, state: 'down' }])
  })

  test('gives a new ref, the same id and name, and fresh input', () => {
    const { start } = bench()
    let incarnation = 0
    const logs: string[][] = []
    const input = () => {
      const log: string[] = []
      logs.push(log)
      incarnation += 1

      return { name: String(incarnation), log }
    }
    const root = start({ children: [child({ id: 'a', logic: toy, name: 'address', input })] })
    const before = refOf(root, 'a')
    crash(root, 'a')
    const after = refOf(root, 'a')
    expect([before.id, after.id]).toEqual(['a#1', 'a#2'])
    expect(root.system.get('address')).toBe(after)
    expect(logs).toEqual([['+1', '-1'], ['+2']])
  })

  test('leaves messages to the old ref without effect', () => {
    const { start, toyChild, kinds } = bench()
    const root = start({ children: [toyChild('a')] })
    const before = refOf(root, 'a')
    crash(root, 'a')
    before.send({ type: 'crash', error: new Error('late') })
    expect(before.getSnapshot().status).toBe('error')
    expect(refOf(root, 'a').id).toBe('a#2')
    expect(kinds()).toEqual(['child_terminated a'])
  })

  test('restarts a machine that throws in its own action', () => {
    const { start } = bench()
    const root = start({ children: [child({ id: 'a', logic: machine })] })
    crash(root, 'a')
    expect(refOf(root, 'a').getSnapshot()).toMatchObject({ status: 'active', value: 'working' })
  })

  test('waits for the nth restart in a row as long as its backoff says', () => {
    const { clock, start, toyChild } = bench()
    const root = start({
      maxRestarts: 10,
      children: [toyChild('a', { backoff: (attempt) => 100 * attempt })],
    })
    crash(root, 'a')
    expect(whichChildren(root)).toEqual([{ id: 'a', ref: undefined, state: 'backoff' }])
    clock.increment(99)
    expect(states(root)).toBe('a:backoff')
    clock.increment(1)
    expect(states(root)).toBe('a:up')

    crash(root, 'a')
    clock.increment(199)
    expect(states(root)).toBe('a:backoff')
    clock.increment(1)
    expect(states(root)).toBe('a:up')
  })

  test('counts the backoff from 1 again after a run longer than maxSeconds', () => {
    const attempts: number[] = []
    const { clock, start, toyChild } = bench()
    const backoff = (attempt: number) => {
      attempts.push(attempt)

      return 1
    }
    const root = start({ maxRestarts: 10, maxSeconds: 5, children: [toyChild('a', { backoff })] })
    for (const runMs of [0, 5000, 5001, 0]) {
      clock.increment(runMs)
      crash(root, 'a')
      clock.increment(1)
    }
    expect(attempts).toEqual([1, 2, 1, 2])
  })

  test('restarts without delay when backoff throws or is no number, and says so', () => {
    const { clock, start, toyChild, kinds } = bench()
    const broken = throwing(new Error('broken'))
    const root = start({
      children: [toyChild('a', { backoff: broken }), toyChild('b', { backoff: () => Number.NaN })],
    })
    crash(root, 'a')
    crash(root, 'b')
    clock.increment(0)
    expect(states(root)).toBe('a:up b:up')
    expect(kinds()).toEqual([
      'child_terminated a',
      'start_error a',
      'child_terminated b',
      'start_error b',
    ])
  })

  test('clamps a backoff that no timer can hold', () => {
    const { clock, start, toyChild } = bench()
    const root = start({ children: [toyChild('a', { backoff: () => 2 ** 40 })] })
    crash(root, 'a')
    clock.increment(2 ** 31 - 2)
    expect(states(root)).toBe('a:backoff')
    clock.increment(1)
    expect(states(root)).toBe('a:up')
  })

  test('tries a failed restart again from a timer, and counts each try', async () => {
    let starts = 0
    const { clock, start, toyChild, kinds, errors } = bench()
    const onStart = () => {
      starts += 1

      return starts > 1 ? Promise.reject(new Error('no luck')) : Promise.resolve()
    }
    const root = start({ children: [toyChild('a', { onStart })] })
    await settled()
    crash(root, 'a')
    await settled()
    expect(states(root)).toBe('a:backoff')
    expect(starts).toBe(2)

    clock.increment(1)
    await settled()
    clock.increment(1)
    await settled()
    expect(starts).toBe(4)
    expect(errors).toMatchObject([{ code: 'max_intensity', cause: new Error('no luck') }])
    expect(kinds()).toEqual([
      'child_terminated a',
      'start_error a',
      'start_error a',
      'start_error a',
      'max_intensity a',
    ])
  })

  test('does not wait for a sibling that is slow to start', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const root = start({
      children: [toyChild('a'), toyChild('b', { onStart: () => gate.promise })],
    })
    crash(root, 'a')
    expect(states(root)).toBe('a:up b:starting')
    expect(logged()).toBe('+a +b -a +a')
    gate.resolve()
    await settled()
    expect(root.getSnapshot().phase).toBe('running')
  })

  test('is tried again also while the initial start goes on', () => {
    let starts = 0
    const gate = new Deferred()
    const { clock, start, toyChild } = bench()
    const onStart = () => {
      starts += 1
      if (starts === 2) throw new Error('not yet')
    }
    const root = start({
      children: [toyChild('a', { onStart }), toyChild('b', { onStart: () => gate.promise })],
    })
    crash(root, 'a')
    expect(states(root)).toBe('a:backoff b:starting')
    clock.increment(1)
    expect(states(root)).toBe('a:up b:starting')
  })

  test('is not confused by what a former incarnation still says', () => {
    const { start, toyChild, kinds } = bench()
    const root = start({ children: [toyChild('a')] })
    const run = root.getSnapshot().core.slots.get('a')?.run
    if (!run) throw new Error('a is not alive')
    crash(root, 'a')
    root.send({ type: 'sup.exit', run, exit: { status: 'done' } })
    root.send({ type: 'sup.ready', run })
    root.send({ type: 'sup.start_timeout', run })
    root.send({ type: 'sup.stop_timeout', runs: new Set([run]) })
    expect(states(root)).toBe('a:up')
    expect(refOf(root, 'a').id).toBe('a#2')
    expect(kinds()).toEqual(['child_terminated a'])
  })

  test('reports the crash, not a normal end that is expected', () => {
    const { start, toyChild, reports } = bench()
    const boom = new Error('boom')
    const root = start({
      children: [toyChild('a'), toyChild('b', { restart: 'transient' })],
    })
    crash(root, 'a', boom)
    finish(root, 'a')
    finish(root, 'b')
    expect(reports).toEqual([
      { kind: 'child_terminated', id: 'a', error: boom },
      { kind: 'child_terminated', id: 'a', error: undefined },
    ])
  })
})
