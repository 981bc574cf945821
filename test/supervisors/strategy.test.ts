import { describe, expect, test } from 'vitest'
import { restartChild, startChild, terminateChild } from '../../supervisors/index.ts'
import { bench, crash, Deferred, finish, settled, states } from './support/toys.ts'

describe('one_for_one', () => {
  test('restarts only the child that crashed', () => {
    const { start, toyChild, logged } = bench()
    const root = start({ children: [toyChild('a'), toyChild('b'), toyChild('c')] })
    logged()
    crash(root, 'b')
    expect(logged()).toBe('-b +b')
    expect(root.getSnapshot().phase).toBe('running')
  })
})

describe('rest_for_one', () => {
  test.each([
    ['a', '-a ?c -c ?b -b +a +b +c'],
    ['b', '-b ?c -c +b +c'],
    ['c', '-c +c'],
  ])('restarts %s and those that started after it', (id, log) => {
    const { start, toyChild, logged } = bench()
    const children = ['a', 'b', 'c'].map((name) => toyChild(name))
    const root = start({ strategy: 'rest_for_one', children })
    logged()
    crash(root, id)
    expect(logged()).toBe(log)
    expect(states(root)).toBe('a:up b:up c:up')
    expect(root.getSnapshot().phase).toBe('running')
  })

  test('keeps the order when a dynamic child crashes during the initial start', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const slow = toyChild('b', { onStart: () => gate.promise })
    const root = start({ strategy: 'rest_for_one', children: [toyChild('a'), slow, toyChild('c')] })
    await startChild(root, toyChild('x'))
    logged()
    crash(root, 'x')
    expect(logged()).toBe('-x +b')
    gate.resolve()
    await settled()
    expect(logged()).toBe('-b +c +x')
    expect(states(root)).toBe('a:up b:up c:up x:up')
  })

  test('takes up a restart that is under way when an earlier child crashes', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const slow = toyChild('c', { onShutdown: () => gate.promise })
    const root = start({ strategy: 'rest_for_one', children: [toyChild('a'), toyChild('b'), slow] })
    logged()
    crash(root, 'b')
    crash(root, 'a')
    expect(states(root)).toBe('a:idle b:idle c:stopping')

    gate.resolve()
    await settled()
    expect(logged()).toBe('-b ?c -a -c +a +b +c')
  })
})

describe('one_for_all', () => {
  test('stops the others in reverse, then starts all in order', () => {
    const { start, toyChild, logged } = bench()
    const children = ['a', 'b', 'c'].map((name) => toyChild(name))
    const root = start({ strategy: 'one_for_all', children })
    logged()
    crash(root, 'b')
    expect(logged()).toBe('-b ?c -c ?a -a +a +b +c')
    expect(states(root)).toBe('a:up b:up c:up')
  })

  test('is restarting until all are up again', async () => {
    const gate = new Deferred()
    const { start, toyChild } = bench()
    const slow = toyChild('b', { onShutdown: () => gate.promise })
    const root = start({ strategy: 'one_for_all', children: [toyChild('a'), slow] })
    crash(root, 'a')
    expect(root.getSnapshot().phase).toBe('restarting')
    expect(states(root)).toBe('a:idle b:stopping')

    gate.resolve()
    await settled()
    expect(root.getSnapshot().phase).toBe('running')
  })

  test('stops a temporary sibling and forgets it', () => {
    const { start, toyChild, logged } = bench()
    const root = start({
      strategy: 'one_for_all',
      children: [toyChild('a'), toyChild('b', { restart: 'temporary' }), toyChild('c')],
    })
    logged()
    crash(root, 'a')
    expect(logged()).toBe('-a ?c -c ?b -b +a +c')
    expect(states(root)).toBe('a:up c:up')
  })

  test('starts a transient sibling that had ended', async () => {
    const { clock, start, toyChild } = bench()
    const root = start({
      strategy: 'one_for_all',
      children: [toyChild('a', { backoff: () => 100 }), toyChild('b', { restart: 'transient' })],
    })
    finish(root, 'b')
    expect(states(root)).toBe('a:up b:down')
    crash(root, 'a')
    expect(states(root)).toBe('a:backoff b:idle')
    await expect(restartChild(root, 'b')).rejects.toMatchObject({ code: 'restarting' })
    clock.increment(100)
    expect(states(root)).toBe('a:up b:up')
  })

  test('waits for the backoff of the child that crashed, once the others are stopped', () => {
    const { clock, start, toyChild, logged } = bench()
    const root = start({
      strategy: 'one_for_all',
      children: [toyChild('a', { backoff: () => 100 }), toyChild('b')],
    })
    logged()
    crash(root, 'a')
    expect(logged()).toBe('-a ?b -b')
    expect(states(root)).toBe('a:backoff b:idle')
    clock.increment(100)
    expect(logged()).toBe('+a +b')
  })

  test('begins again when a start fails, counts it, and ends all up', async () => {
    let failures = 1
    const { clock, start, toyChild, logged, kinds } = bench()
    const onStart = () => {
      failures -= 1
      if (failures === 0) throw new Error('not yet')
    }
    failures = 2
    const root = start({
      strategy: 'one_for_all',
      maxRestarts: 2,
      children: [toyChild('a'), toyChild('b', { onStart }), toyChild('c')],
    })
    expect(logged()).toBe('+a +b +c')
    crash(root, 'c')
    expect(logged()).toBe('-c ?b -b ?a -a +a +b ?a -a')
    clock.increment(1)
    await settled()
    expect(logged()).toBe('+a +b +c')
    expect(states(root)).toBe('a:up b:up c:up')
    expect(kinds()).toEqual(['child_terminated c', 'start_error b'])
  })

  test('gives up when starts keep failing', () => {
    let isBroken = false
    const { clock, start, toyChild, errors, logged } = bench()
    const onStart = () => {
      if (isBroken) throw new Error('broken')
    }
    const root = start({
      strategy: 'one_for_all',
      maxRestarts: 1,
      children: [toyChild('a'), toyChild('b', { onStart })],
    })
    isBroken = true
    crash(root, 'a')
    clock.increment(1)
    expect(errors).toMatchObject([{ code: 'max_intensity', cause: new Error('broken') }])
    expect(root.getSnapshot().status).toBe('error')
    expect(logged()).toBe('+a +b -a ?b -b +a +b ?a -a')
  })

  test('absorbs the crash of a sibling that was about to be stopped', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged, kinds } = bench()
    const root = start({
      strategy: 'one_for_all',
      maxRestarts: 1,
      children: [toyChild('a'), toyChild('b'), toyChild('c', { onShutdown: () => gate.promise })],
    })
    logged()
    crash(root, 'b')
    crash(root, 'a')
    gate.resolve()
    await settled()
    expect(logged()).toBe('-b ?c -a -c +a +b +c')
    expect(kinds()).toEqual(['child_terminated b', 'child_terminated a'])
  })

  test('leaves out a child that is terminated while it waits for its turn', async () => {
    const { clock, start, toyChild } = bench()
    const root = start({
      strategy: 'one_for_all',
      children: [toyChild('a', { backoff: () => 100 }), toyChild('b')],
    })
    crash(root, 'a')
    await terminateChild(root, 'b')
    clock.increment(100)
    expect(states(root)).toBe('a:up b:down')
  })

  test('starts over when a child crashes during the initial start', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const slow = toyChild('b', { onStart: () => gate.promise })
    const root = start({ strategy: 'one_for_all', children: [toyChild('a'), slow, toyChild('c')] })
    crash(root, 'a')
    expect(root.getSnapshot().phase).toBe('starting')
    gate.resolve()
    await settled()
    expect(logged()).toBe('+a +b -a +a +b -b +c')
    expect(states(root)).toBe('a:up b:up c:up')
    expect(root.getSnapshot().phase).toBe('running')
  })
})
