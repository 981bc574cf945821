import { createActor, createMachine, type EventObject } from 'xstate'
import { describe, expect, test } from 'vitest'
import {
  child,
  countChildren,
  deleteChild,
  fromProcess,
  restartChild,
  startChild,
  supervisor,
  terminateChild,
} from '../../supervisors/index.ts'
import {
  bench,
  crash,
  Deferred,
  finish,
  machine,
  refOf,
  settled,
  states,
  never,
  throwing,
} from './support/toys.ts'

const coded = (code: string, more: object = {}) => expect.objectContaining({ code, ...more })

describe('startChild', () => {
  test('gives the ref once the child is ready', async () => {
    const gate = new Deferred()
    const { start, toyChild } = bench()
    const root = start({})
    const starting = startChild(root, toyChild('a', { onStart: () => gate.promise }))
    expect(states(root)).toBe('a:starting')
    gate.resolve()
    const ref = await starting
    expect(ref).toBe(refOf(root, 'a'))
    expect(ref.getSnapshot().phase).toBe('ready')
  })

  test('refuses an id that runs or is restarting, and one that is down, differently', async () => {
    const { start, toyChild } = bench()
    const root = start({
      children: [
        toyChild('a'),
        toyChild('b', { restart: 'transient' }),
        toyChild('c', { backoff: () => 100 }),
      ],
    })
    finish(root, 'b')
    crash(root, 'c')
    await expect(startChild(root, toyChild('a'))).rejects.toEqual(coded('already_started'))
    await expect(startChild(root, toyChild('b'))).rejects.toEqual(coded('already_present'))
    await expect(startChild(root, toyChild('c'))).rejects.toEqual(coded('already_started'))
  })

  test('rejects and drops a child whose first start fails', async () => {
    const { start, toyChild, kinds } = bench()
    const root = start({})
    const boom = new Error('boom')
    const onStart = throwing(boom)
    const failed = startChild(root, toyChild('a', { onStart }))
    await expect(failed).rejects.toEqual(coded('start_failed', { id: 'a', cause: boom }))
    expect(states(root)).toBe('')
    expect(kinds()).toEqual(['start_error a'])
    expect(root.getSnapshot().phase).toBe('running')
  })

  test('rejects and drops a child that is not ready in time', async () => {
    const { clock, start, toyChild } = bench()
    const root = start({})
    const failed = startChild(root, toyChild('a', { onStart: never, startTimeout: 100 }))
    clock.increment(100)
    await expect(failed).rejects.toMatchObject({
      code: 'start_failed',
      cause: { code: 'failed_to_start', message: 'child "a" was not ready within 100 ms' },
    })
    expect(states(root)).toBe('')
  })

  test('survives a name that is taken', async () => {
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a', { name: 'x' })] })
    const clash = startChild(root, toyChild('b', { name: 'x' }))
    await expect(clash).rejects.toEqual(coded('start_failed'))
    expect(states(root)).toBe('a:up')
    expect(root.system.get('x')).toBe(refOf(root, 'a'))
  })

  test('frees the name of a child whose start failed', async () => {
    const { start, toyChild } = bench()
    const root = start({})
    const context = throwing(new Error('boom'))
    const logic = createMachine({ context })
    const broken = startChild(root, child({ id: 'a', logic, name: 'x' }))
    await expect(broken).rejects.toEqual(coded('start_failed'))
    await startChild(root, toyChild('a', { name: 'x' }))
    expect(root.system.get('x')).toBe(refOf(root, 'a'))
  })

  test('refuses a wrong specification', async () => {
    const { start, toyChild } = bench()
    const root = start({})
    const wrong = startChild(root, toyChild('a', { shutdown: -1 }))
    await expect(wrong).rejects.toEqual(coded('invalid_spec', { field: 'shutdown' }))
    // @ts-expect-error a wrong type, as it can come from configuration
    const nothing = startChild(root, undefined)
    await expect(nothing).rejects.toEqual(coded('invalid_spec', { field: 'children' }))
    expect(root.getSnapshot().status).toBe('active')
    expect(states(root)).toBe('')
  })

  test('gives the ref of a child that was done at once; its specification stays', async () => {
    const done = createMachine({ initial: 'over', states: { over: { type: 'final' } } })
    const root = bench().start({})
    const ref = await startChild(root, child({ id: 'a', logic: done }))
    expect(ref.getSnapshot().status).toBe('done')
    expect(states(root)).toBe('a:down')
  })

  test('bounds the children, those that restart included, those that are down not', async () => {
    const { start, toyChild } = bench()
    const root = start({
      maxChildren: 2,
      children: [toyChild('a', { backoff: () => 100 }), toyChild('b', { restart: 'transient' })],
    })
    crash(root, 'a')
    await expect(startChild(root, toyChild('c'))).rejects.toEqual(coded('max_children'))
    finish(root, 'b')
    await startChild(root, toyChild('c'))
    await expect(startChild(root, toyChild('d'))).rejects.toEqual(coded('max_children'))
  })

  test('works on a supervisor that is not started yet, after its own children', async () => {
    const { start, toyChild, logged } = bench()
    const inner = child({
      id: 'inner',
      logic: supervisor,
      name: 'inner',
      input: { children: [toyChild('a')] },
    })
    const root = start({ children: [inner] })
    await startChild(root.system.get('inner'), toyChild('b'))
    expect(logged()).toBe('+a +b')
  })

  test('adds to the end: rest_for_one restarts a later child with it', async () => {
    const { start, toyChild, logged } = bench()
    const root = start({ strategy: 'rest_for_one', children: [toyChild('a')] })
    await startChild(root, toyChild('b'))
    logged()
    crash(root, 'a')
    expect(logged()).toBe('-a ?b -b +a +b')
  })

  test('waits through the restart of its group', async () => {
    const gate = new Deferred()
    const { start, toyChild } = bench()
    const root = start({ strategy: 'one_for_all', children: [toyChild('a')] })
    const starting = startChild(root, toyChild('b', { onStart: () => gate.promise }))
    crash(root, 'a')
    gate.resolve()
    expect(await starting).toBe(refOf(root, 'b'))
    expect(refOf(root, 'b').id).toBe('b#2')
  })
})

describe('terminateChild', () => {
  test('waits for the end and keeps the specification, except of a temporary child', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const root = start({
      children: [
        toyChild('a', { onShutdown: () => gate.promise }),
        toyChild('b', { restart: 'temporary' }),
      ],
    })
    const terminated = terminateChild(root, 'a')
    expect(states(root)).toBe('a:stopping b:up')
    gate.resolve()
    await terminated
    await terminateChild(root, 'b')
    expect(states(root)).toBe('a:down')
    expect(logged()).toBe('+a +b ?a -a ?b -b')
  })

  test('is content with a child that is down, not with one that is unknown', async () => {
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a', { restart: 'transient' })] })
    finish(root, 'a')
    await expect(terminateChild(root, 'a')).resolves.toBe(undefined)
    await expect(terminateChild(root, 'x')).rejects.toEqual(coded('not_found', { id: 'x' }))
  })

  test('cancels a restart that is pending', async () => {
    const { clock, start, toyChild } = bench()
    const root = start({ children: [toyChild('a', { backoff: () => 100 })] })
    crash(root, 'a')
    await terminateChild(root, 'a')
    clock.increment(100)
    expect(states(root)).toBe('a:down')
  })

  test('takes a child out of the initial start, also the one whose turn it is', async () => {
    const { start, toyChild } = bench()
    const slow = toyChild('a', { onStart: never })
    const root = start({ children: [slow, toyChild('b'), toyChild('c')] })
    await terminateChild(root, 'b')
    await terminateChild(root, 'a')
    expect(states(root)).toBe('a:down b:down c:up')
    expect(root.getSnapshot().phase).toBe('running')
  })

  test('called twice resolves both', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const root = start({ children: [toyChild('a', { onShutdown: () => gate.promise })] })
    const both = [terminateChild(root, 'a'), terminateChild(root, 'a')]
    gate.resolve()
    expect(await Promise.all(both)).toEqual([undefined, undefined])
    expect(logged()).toBe('+a ?a -a')
  })

  test('rejects the caller that waits for the start of the child, and drops it', async () => {
    const { start, toyChild } = bench()
    const root = start({})
    const starting = startChild(root, toyChild('a', { onStart: never }))
    await Promise.all([
      terminateChild(root, 'a'),
      expect(starting).rejects.toEqual(coded('start_failed')),
    ])
    expect(states(root)).toBe('')
  })
})

describe('restartChild and deleteChild', () => {
  test('refuse a child that runs, restarts or is unknown', async () => {
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a'), toyChild('b', { backoff: () => 100 })] })
    crash(root, 'b')
    await expect(restartChild(root, 'a')).rejects.toEqual(coded('running'))
    await expect(deleteChild(root, 'a')).rejects.toEqual(coded('running'))
    await expect(restartChild(root, 'b')).rejects.toEqual(coded('restarting'))
    await expect(deleteChild(root, 'b')).rejects.toEqual(coded('restarting'))
    await expect(restartChild(root, 'x')).rejects.toEqual(coded('not_found'))
    await expect(deleteChild(root, 'x')).rejects.toEqual(coded('not_found'))
  })

  test('start a child that is down again, and forget it', async () => {
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a'), toyChild('b')] })
    await terminateChild(root, 'a')
    expect(await restartChild(root, 'a')).toBe(refOf(root, 'a'))
    expect(states(root)).toBe('a:up b:up')

    await terminateChild(root, 'a')
    await deleteChild(root, 'a')
    expect(states(root)).toBe('b:up')
    expect((await startChild(root, toyChild('a'))).getSnapshot().status).toBe('active')
  })

  test('begin with the first backoff again, and without the timer of the last', async () => {
    const attempts: number[] = []
    const { clock, start, toyChild } = bench()
    const backoff = (attempt: number) => attempts.push(attempt) * 100
    const root = start({ children: [toyChild('a', { backoff })] })
    crash(root, 'a')
    await terminateChild(root, 'a')
    await restartChild(root, 'a')
    crash(root, 'a')
    expect(attempts).toEqual([1, 1])
    clock.increment(199)
    expect(states(root)).toBe('a:backoff')
    clock.increment(1)
    expect(states(root)).toBe('a:up')
  })

  test('reject a start that fails, and leave the child down', async () => {
    let isBroken = false
    const { clock, start, toyChild } = bench()
    const onStart = () => {
      if (isBroken) throw new Error('broken')
    }
    const root = start({ children: [toyChild('a', { onStart })] })
    await terminateChild(root, 'a')
    isBroken = true
    const failed = restartChild(root, 'a')
    await expect(failed).rejects.toEqual(coded('start_failed', { cause: new Error('broken') }))
    clock.increment(1000)
    expect(states(root)).toBe('a:down')
  })

  test('refuse once the supervisor shuts down', async () => {
    const { start, toyChild } = bench()
    const slow = toyChild('b', { onShutdown: never })
    const root = start({ children: [toyChild('a', { restart: 'transient' }), slow] })
    finish(root, 'a')
    root.send({ type: 'sup.shutdown' })
    await expect(restartChild(root, 'a')).rejects.toEqual(coded('shutdown'))
  })
})

describe('a supervisor', () => {
  test('counts its children', () => {
    const { start, toyChild } = bench()
    const root = start({
      children: [
        toyChild('a'),
        toyChild('b', { restart: 'transient' }),
        child({ id: 'c', logic: supervisor, input: {} }),
        child({ id: 'd', logic: machine, type: 'supervisor' }),
        toyChild('e', { backoff: () => 100 }),
      ],
    })
    finish(root, 'b')
    crash(root, 'e')
    expect(countChildren(root)).toEqual({ specs: 5, active: 3, supervisors: 2, workers: 3 })
  })

  test.each(['brutal', 100] as const)(
    'replaces a child from within a transition of that very child: %s',
    async (shutdown) => {
      const { start } = bench()
      const terminated: Promise<void>[] = []
      const logic = fromProcess<EventObject, null>(null, () => ({
        onEvent: () => terminated.push(terminateChild(root, 'a')),
      }))
      const root = start({ children: [child({ id: 'a', logic, shutdown })] })
      refOf(root, 'a').send({ type: 'replace me' })
      await Promise.all(terminated)
      await restartChild(root, 'a')
      expect(refOf(root, 'a').id).toBe('a#2')
      expect(root.system.getSnapshot()).toEqual({ _scheduledEvents: {} })
    },
  )

  test('cannot be brought back from a snapshot', () => {
    const errors: unknown[] = []
    const snapshot = bench().start({}).getPersistedSnapshot()
    const actor = createActor(supervisor, { input: {}, snapshot })
    actor.subscribe({ error: (error) => errors.push(String(error)) })
    actor.start()
    expect(errors).toEqual([
      'Error: a supervisor cannot be restored from a snapshot; start it afresh',
    ])
  })

  test('ignores messages that it does not know', () => {
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a')] })
    // @ts-expect-error not a message of a supervisor
    root.send({ type: 'hello' })
    // @ts-expect-error XState's own, as a user could forge it
    root.send({ type: 'xstate.error.actor.a#1', error: new Error('forged') })
    expect(states(root)).toBe('a:up')
    expect(root.getSnapshot().status).toBe('active')
  })

  test('ignores timers that lost their meaning', async () => {
    const gate = new Deferred()
    const { clock, start, toyChild, kinds } = bench()
    const options = { startTimeout: 100, shutdown: 100, onStart: () => gate.promise }
    const root = start({ children: [toyChild('a', options)] })
    gate.resolve()
    await settled()
    clock.increment(1000)
    expect(states(root)).toBe('a:up')
    finish(root, 'a')
    await settled()
    expect(states(root)).toBe('a:up')
    expect(kinds()).toEqual(['child_terminated a'])
    expect(root.system.getSnapshot()).toEqual({ _scheduledEvents: {} })
  })
})
