import { fromCallback, fromPromise } from 'xstate'
import { describe, expect, test } from 'vitest'
import {
  child,
  startChild,
  supervisor,
  terminateChild,
  whichChildren,
  type AutoShutdown,
  type ChildSpec,
} from '../../supervisors/index.ts'
import {
  bench,
  crash,
  Deferred,
  finish,
  machine,
  settled,
  states,
  never,
  throwing,
} from './support/toys.ts'

const shutdown = { type: 'sup.shutdown', reason: 'deploy' } as const

describe('shutdown', () => {
  test('stops in reverse order, each awaited before the next, with the reason', async () => {
    const gate = new Deferred()
    const reasons: string[] = []
    const { start, toyChild, logged, kinds } = bench()
    const note = (reason: string) => reasons.push(reason)
    const slow = toyChild('b', { onShutdown: () => gate.promise })
    const children = [
      toyChild('a', { onShutdown: note }),
      slow,
      toyChild('c', { onShutdown: note }),
    ]
    const root = start({ children })
    logged()
    root.send(shutdown)
    expect(logged()).toBe('?c -c ?b')
    expect(states(root)).toBe('a:up b:stopping c:down')
    expect(root.getSnapshot()).toMatchObject({ status: 'active', phase: 'stopping' })

    gate.resolve()
    await settled()
    expect(logged()).toBe('-b ?a -a')
    expect(root.getSnapshot().status).toBe('done')
    expect(reasons).toEqual(['deploy', 'deploy'])
    expect(kinds()).toEqual([])
  })

  test('kills a child that does not end in time, reports it and goes on', () => {
    const { clock, start, toyChild, logged, kinds } = bench()
    const root = start({ children: [toyChild('a'), toyChild('b', { onShutdown: never })] })
    root.send(shutdown)
    clock.increment(4999)
    expect(states(root)).toBe('a:up b:stopping')

    clock.increment(1)
    expect(root.getSnapshot().status).toBe('done')
    expect(logged()).toBe('+a +b ?b -b ?a -a')
    expect(kinds()).toEqual(['shutdown_timeout b'])
  })

  test('takes the time that a child is given', () => {
    const { clock, start, toyChild, kinds } = bench()
    const root = start({ children: [toyChild('a', { shutdown: 100, onShutdown: never })] })
    root.send(shutdown)
    clock.increment(100)
    expect(root.getSnapshot().status).toBe('done')
    expect(kinds()).toEqual(['shutdown_timeout a'])
  })

  test('that is brutal asks nothing, and still disposes', () => {
    const { start, toyChild, logged, kinds } = bench()
    const root = start({ children: [toyChild('a', { shutdown: 'brutal' })] })
    root.send(shutdown)
    expect(logged()).toBe('+a -a')
    expect(kinds()).toEqual([])
  })

  test('waits without end when told so, and for supervisors by itself', async () => {
    const gate = new Deferred()
    const { clock, start, toyChild } = bench()
    const slow = toyChild('a', { shutdown: 'infinity', onShutdown: () => gate.promise })
    const inner = child({ id: 'inner', logic: supervisor, input: { children: [slow] } })
    const root = start({ children: [inner] })
    root.send(shutdown)
    clock.increment(2 ** 31 - 1)
    expect(states(root)).toBe('inner:stopping')

    gate.resolve()
    await settled()
    expect(root.getSnapshot().status).toBe('done')
  })

  test('reports a child that crashes during its shutdown, does not restart it, keeps the order', () => {
    const { start, toyChild, logged, reports } = bench()
    const boom = new Error('boom')
    const onShutdown = throwing(boom)
    const root = start({ children: [toyChild('a'), toyChild('b', { onShutdown }), toyChild('c')] })
    logged()
    root.send(shutdown)
    expect(logged()).toBe('?c -c ?b -b ?a -a')
    expect(reports).toEqual([{ kind: 'child_terminated', id: 'b', error: boom }])
    expect(root.getSnapshot().status).toBe('done')
  })

  test('does not restart a child that crashes while it waits for its turn', async () => {
    const gate = new Deferred()
    const { start, toyChild, kinds } = bench()
    const root = start({
      children: [toyChild('a'), toyChild('b', { onShutdown: () => gate.promise })],
    })
    root.send(shutdown)
    crash(root, 'a')
    expect(states(root)).toBe('a:down b:stopping')
    gate.resolve()
    await settled()
    expect(root.getSnapshot().status).toBe('done')
    expect(kinds()).toEqual(['child_terminated a'])
  })

  test('asked for twice is carried out once', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const root = start({ children: [toyChild('a', { onShutdown: () => gate.promise })] })
    root.send(shutdown)
    root.send(shutdown)
    gate.resolve()
    await settled()
    expect(logged()).toBe('+a ?a -a')
    expect(root.getSnapshot().status).toBe('done')
  })

  test('keeps its order when a child is terminated meanwhile', async () => {
    const gate = new Deferred()
    const { start, toyChild } = bench()
    const slow = toyChild('b', { onShutdown: () => gate.promise })
    const root = start({ children: [toyChild('a'), slow] })
    root.send(shutdown)
    const terminated = terminateChild(root, 'a')
    expect(states(root)).toBe('a:up b:stopping')
    gate.resolve()
    await terminated
    await settled()
    expect(states(root)).toBe('a:down b:down')
  })

  test('is not undone by a child that says only now that it is ready', () => {
    const { start, toyChild } = bench()
    const late: ChildSpec = {
      ...toyChild('a', { onShutdown: never }),
      ready: (snapshot) => 'phase' in snapshot && snapshot.phase === 'draining',
    }
    const root = start({ children: [late] })
    root.send(shutdown)
    expect(states(root)).toBe('a:stopping')
  })

  test('cancels restarts that are pending', () => {
    const { clock, start, toyChild, logged } = bench()
    const root = start({ children: [toyChild('a', { backoff: () => 100 }), toyChild('b')] })
    crash(root, 'a')
    logged()
    root.send(shutdown)
    clock.increment(100)
    expect(logged()).toBe('?b -b')
    expect(states(root)).toBe('a:down b:down')
  })

  test('ends a machine that understands it, and by force a promise that does not', () => {
    const { clock, start, kinds } = bench()
    const promise = child({ id: 'b', logic: fromPromise(never), shutdown: 50 })
    const root = start({ children: [child({ id: 'a', logic: machine }), promise] })
    root.send(shutdown)
    clock.increment(50)
    expect(root.getSnapshot().status).toBe('done')
    expect(kinds()).toEqual(['shutdown_timeout b'])
  })

  test('does not take the error of a child that it is stopping for a crash', () => {
    const { start, toyChild, logged, kinds } = bench()
    const broken = fromCallback(() => throwing(new Error('broken')))
    const spec = child({ id: 'b', logic: broken, shutdown: 'brutal' })
    const root = start({ children: [toyChild('a'), spec] })
    root.send(shutdown)
    expect(root.getSnapshot().status).toBe('done')
    expect(logged()).toBe('+a ?a -a')
    expect(kinds()).toEqual(['child_terminated b'])
  })

  test('in parallel asks all at once and waits for all', async () => {
    const gates = [new Deferred(), new Deferred()]
    const { start, toyChild, logged } = bench()
    const root = start({
      shutdownMode: 'parallel',
      children: gates.map((gate, at) => toyChild(`${at}`, { onShutdown: () => gate.promise })),
    })
    logged()
    root.send(shutdown)
    expect(logged()).toBe('?1 ?0')
    gates[0]?.resolve()
    await settled()
    expect(logged()).toBe('-0')
    expect(root.getSnapshot().status).toBe('active')

    gates[1]?.resolve()
    await settled()
    expect(root.getSnapshot().status).toBe('done')
  })

  test('in parallel kills each child at its own time', () => {
    const { clock, start, toyChild, kinds } = bench()
    const root = start({
      shutdownMode: 'parallel',
      children: [100, 200, 100].map((ms, at) =>
        toyChild(`${at}`, { shutdown: ms, onShutdown: never }),
      ),
    })
    root.send(shutdown)
    clock.increment(100)
    expect(kinds()).toEqual(['shutdown_timeout 2', 'shutdown_timeout 0'])
    clock.increment(100)
    expect(root.getSnapshot().status).toBe('done')
  })

  test('refuses new children, and answers every open call', async () => {
    const gate = new Deferred()
    const { start, toyChild } = bench()
    const root = start({
      children: [toyChild('a', { onShutdown: () => gate.promise }), toyChild('b')],
    })
    const starting = startChild(root, toyChild('c', { onStart: never }))
    root.send(shutdown)
    await expect(startChild(root, toyChild('d'))).rejects.toMatchObject({ code: 'shutdown' })
    await expect(starting).rejects.toMatchObject({ code: 'shutdown' })

    const terminated = terminateChild(root, 'a')
    gate.resolve()
    await expect(terminated).resolves.toBe(undefined)
    await expect(startChild(root, toyChild('e'))).rejects.toMatchObject({ code: 'shutdown' })
  })
})

describe('a stop from above', () => {
  test('takes the whole subtree along at once, in reverse order, all disposed', () => {
    const { start, toyChild, logged } = bench()
    const inner = child({
      id: 'inner',
      logic: supervisor,
      input: { children: [toyChild('b'), toyChild('c', { onShutdown: never })] },
    })
    const root = start({ children: [toyChild('a'), inner, toyChild('d')] })
    logged()
    root.stop()
    expect(logged()).toBe('-d -c -b -a')
    expect(root.getSnapshot().status).toBe('stopped')
    expect(whichChildren(root).map(({ ref }) => ref)).toEqual([undefined, undefined, undefined])
  })

  test('answers open calls, also one whose message it never handles', async () => {
    const { start, toyChild } = bench()
    const late: Promise<unknown>[] = []
    const root = start({
      children: [toyChild('a')],
      onReport: () => {
        // The supervisor is busy: this message waits, and the stop drops it.
        late.push(startChild(root, toyChild('c')))
        root.stop()
      },
    })
    const starting = startChild(root, toyChild('b', { onStart: never }))
    crash(root, 'a')
    await expect(starting).rejects.toMatchObject({ code: 'shutdown' })
    await expect(late[0]).rejects.toMatchObject({ code: 'shutdown' })
  })

  test('leaves no timer behind', () => {
    const { start, toyChild } = bench()
    const root = start({
      children: [toyChild('a', { backoff: () => 100 }), toyChild('b', { onShutdown: never })],
    })
    crash(root, 'a')
    root.stop()
    expect(root.system.getSnapshot()).toEqual({ _scheduledEvents: {} })
  })
})

describe('auto shutdown', () => {
  const options = { restart: 'transient', significant: true } as const

  test.each<[AutoShutdown, string]>([
    ['any_significant', 'done'],
    ['all_significant', 'active'],
  ])('%s after the first significant end', (autoShutdown, status) => {
    const { start, toyChild } = bench()
    const root = start({
      autoShutdown,
      children: [toyChild('a', options), toyChild('b', options), toyChild('c')],
    })
    finish(root, 'a')
    expect(root.getSnapshot().status).toBe(status)
  })

  test('all_significant after the last one, in reverse order', () => {
    const { start, toyChild, logged } = bench()
    const root = start({
      autoShutdown: 'all_significant',
      children: [toyChild('a'), toyChild('b', options), toyChild('c', options), toyChild('d')],
    })
    finish(root, 'b')
    logged()
    finish(root, 'c')
    expect(logged()).toBe('-c ?d -d ?a -a')
    expect(root.getSnapshot().status).toBe('done')
  })

  test('is not for a significant child that crashes and is restarted', () => {
    const { start, toyChild } = bench()
    const root = start({ autoShutdown: 'any_significant', children: [toyChild('a', options)] })
    crash(root, 'a')
    expect(states(root)).toBe('a:up')
  })

  test('is for a significant temporary child that crashes', () => {
    const { start, toyChild } = bench()
    const significant = { restart: 'temporary', significant: true } as const
    const root = start({ autoShutdown: 'any_significant', children: [toyChild('a', significant)] })
    crash(root, 'a')
    expect(root.getSnapshot().status).toBe('done')
  })

  test('is not for a child that was terminated', async () => {
    const { start, toyChild } = bench()
    const root = start({ autoShutdown: 'any_significant', children: [toyChild('a', options)] })
    await terminateChild(root, 'a')
    expect(root.getSnapshot().status).toBe('active')
  })
})
