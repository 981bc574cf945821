import { fromPromise } from 'xstate'
import { describe, expect, test } from 'vitest'
import {
  child,
  MaxIntensityError,
  startChild,
  supervisor,
  type ChildSpec,
} from '../../supervisors/index.ts'
import { bench, crash, Deferred, refOf, settled, states } from './support/toys.ts'

function nested(id: string, below: ChildSpec) {
  return child({ id, logic: supervisor, input: { maxRestarts: 0, children: [below] } })
}

describe('intensity', () => {
  test('survives exactly maxRestarts within the window, and not one more', () => {
    const { start, toyChild, errors, kinds } = bench()
    const root = start({ maxRestarts: 3, maxSeconds: 5, children: [toyChild('a')] })
    for (let crashes = 0; crashes < 3; crashes += 1) crash(root, 'a')
    expect(states(root)).toBe('a:up')

    const last = new Error('last')
    crash(root, 'a', last)
    expect(root.getSnapshot().status).toBe('error')
    expect(errors).toEqual([new MaxIntensityError('a', 3, 5, { cause: last })])
    expect(errors[0]).toMatchObject({ cause: last, id: 'a', maxRestarts: 3, maxSeconds: 5 })
    expect(kinds().at(-1)).toBe('max_intensity a')
  })

  test('does not count restarts older than maxSeconds', () => {
    const { clock, start, toyChild } = bench()
    const root = start({ maxRestarts: 1, maxSeconds: 5, children: [toyChild('a')] })
    for (let crashes = 0; crashes < 5; crashes += 1) {
      crash(root, 'a')
      clock.increment(5001)
    }
    expect(states(root)).toBe('a:up')

    crash(root, 'a')
    clock.increment(5000)
    crash(root, 'a')
    expect(root.getSnapshot().status).toBe('error')
  })

  test('stays exceeded when a shutdown is asked for meanwhile', async () => {
    const gate = new Deferred()
    const { start, toyChild } = bench()
    const slow = toyChild('b', { onShutdown: () => gate.promise })
    const root = start({ maxRestarts: 0, children: [toyChild('a'), slow] })
    crash(root, 'a')
    root.send({ type: 'sup.shutdown' })
    gate.resolve()
    await settled()
    expect(root.getSnapshot()).toMatchObject({ status: 'error', error: { code: 'max_intensity' } })
  })

  test('that ends the supervisor answers a call that it no longer hears', async () => {
    const calls: Promise<unknown>[] = []
    const { start, toyChild } = bench()
    const onReport = () => calls.push(startChild(root, toyChild('b')))
    const root = start({ maxRestarts: 0, onReport, children: [toyChild('a')] })
    crash(root, 'a')
    expect(root.getSnapshot().status).toBe('error')
    await expect(calls[0]).rejects.toMatchObject({ code: 'shutdown' })
    await expect(calls[1]).rejects.toMatchObject({ code: 'shutdown' })
  })

  test('reads the time that it is given', () => {
    let now = 0
    const { start, toyChild } = bench()
    const root = start({ maxRestarts: 1, now: () => now, children: [toyChild('a')] })
    crash(root, 'a')
    now = 5001
    crash(root, 'a')
    expect(states(root)).toBe('a:up')
  })

  test('of 0 gives up at the first crash, and stops the others in reverse first', () => {
    const { start, toyChild, logged } = bench()
    const children = ['a', 'b', 'c'].map((id) => toyChild(id))
    const root = start({ maxRestarts: 0, children })
    logged()
    crash(root, 'b')
    expect(logged()).toBe('-b ?c -c ?a -a')
    expect(root.getSnapshot().status).toBe('error')
  })

  test('that a child exceeds makes its parent restart the whole subtree, names included', () => {
    const { start, toyChild, logged, kinds } = bench()
    const inner = child({
      id: 'inner',
      logic: supervisor,
      name: 'inner',
      input: {
        maxRestarts: 0,
        children: [toyChild('a', { name: 'a' }), toyChild('b', { name: 'b' })],
      },
    })
    const root = start({ children: [inner] })
    root.system.get('b').send({ type: 'crash', error: new Error('boom') })
    expect(logged()).toBe('+a +b -b ?a -a +a +b')
    expect(root.system.get('a').id).toBe('a#1')
    expect(refOf(root, 'inner').id).toBe('inner#2')
    expect(kinds()).toEqual(['child_terminated inner'])
  })

  test('that everybody exceeds reaches the observer of the root, once', () => {
    const { start, toyChild, errors } = bench()
    const leaf = toyChild('leaf', { name: 'leaf' })
    const root = start({ maxRestarts: 0, children: [nested('outer', nested('inner', leaf))] })
    const boom = new Error('boom')
    root.system.get('leaf').send({ type: 'crash', error: boom })
    expect(errors).toMatchObject([
      { id: 'outer', cause: { id: 'inner', cause: { id: 'leaf', cause: boom } } },
    ])
  })

  test('ends a loop of children that are done at once', async () => {
    const { start, errors } = bench()
    start({ children: [child({ id: 'a', logic: fromPromise(() => Promise.resolve('done')) })] })
    await settled()
    expect(errors).toMatchObject([{ code: 'max_intensity', cause: undefined }])
  })
})
