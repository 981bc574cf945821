import { createActor, createMachine, fromPromise } from 'xstate'
import { describe, expect, test } from 'vitest'
import {
  child,
  countChildren,
  StartError,
  supervisor,
  SupervisorError,
  whichChildren,
} from '../../supervisors/index.ts'
import {
  bench,
  Deferred,
  machine,
  never,
  refOf,
  settled,
  states,
  throwing,
} from './support/toys.ts'

const boom = new Error('boom')
const fails = throwing(boom)

describe('start', () => {
  test('starts children in order, each once the one before is ready', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const slow = toyChild('b', { onStart: () => gate.promise })
    const root = start({ children: [toyChild('a'), slow, toyChild('c')] })
    expect(logged()).toBe('+a +b')
    expect(states(root)).toBe('a:up b:starting c:idle')
    expect(root.getSnapshot().phase).toBe('starting')

    gate.resolve()
    await settled()
    expect(logged()).toBe('+c')
    expect(states(root)).toBe('a:up b:up c:up')
    expect(root.getSnapshot().phase).toBe('running')
  })

  test('stops in reverse and fails when a first start fails, without a second try', () => {
    const { start, toyChild, logged, errors, kinds } = bench()
    const root = start({
      children: [toyChild('a'), toyChild('b'), toyChild('c', { onStart: fails }), toyChild('d')],
    })
    expect(logged()).toBe('+a +b +c ?b -b ?a -a')
    expect(states(root)).toBe('a:down b:down c:down d:idle')
    expect(root.getSnapshot().status).toBe('error')
    expect(errors).toEqual([new StartError('c', 'failed to start', { cause: boom })])
    expect(kinds()).toEqual(['start_error c'])
  })

  test('runs without children', () => {
    const root = bench().start({})
    expect(root.getSnapshot()).toMatchObject({ status: 'active', phase: 'running' })
    expect(whichChildren(root)).toEqual([])
    expect(countChildren(root)).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 })
  })

  test('counts an error in the input as a failed start', () => {
    const { start, errors, toyChild, logged } = bench()
    const root = start({
      children: [toyChild('a'), child({ id: 'b', logic: machine, input: fails })],
    })
    expect(root.getSnapshot().status).toBe('error')
    expect(errors).toEqual([new StartError('b', 'failed to start', { cause: boom })])
    expect(logged()).toBe('+a ?a -a')
  })

  test('counts an error in ready as a failed start, and stops the child', () => {
    const { start, errors, toyChild, logged } = bench()
    start({ children: [{ ...toyChild('a'), ready: fails }] })
    expect(errors).toMatchObject([{ id: 'a', cause: { id: 'a', cause: boom } }])
    expect(logged()).toBe('+a -a')
  })

  test('counts a taken name as a failed start', () => {
    const { start, errors, toyChild } = bench()
    start({ children: [toyChild('a', { name: 'x' }), toyChild('b', { name: 'x' })] })
    expect(errors).toMatchObject([{ id: 'b', code: 'failed_to_start' }])
  })

  test('keeps a child that was done before it was ready, and goes on', () => {
    const { start, toyChild, logged } = bench()
    const done = createMachine({ initial: 'over', states: { over: { type: 'final' } } })
    const root = start({
      children: [
        toyChild('a'),
        child({ id: 'b', logic: done }),
        child({ id: 'c', logic: done, restart: 'temporary' }),
        toyChild('d'),
      ],
    })
    expect(states(root)).toBe('a:up b:down d:up')
    expect(whichChildren(root)[1]?.ref).toBe(undefined)
    expect(logged()).toBe('+a +d')
  })

  test('counts a stop by somebody else before it was ready as a failed start', () => {
    const { start, errors, toyChild, logged } = bench()
    const root = start({
      children: [toyChild('a'), toyChild('b', { onStart: never }), toyChild('c')],
    })
    refOf(root, 'b').send({ type: 'xstate.stop' })
    expect(errors).toEqual([
      new StartError('b', 'failed to start', {
        cause: new StartError('b', 'was stopped before it was ready'),
      }),
    ])
    expect(logged()).toBe('+a +b ?a -a')
  })

  test('gives up on a start that takes too long, and stops it', async () => {
    const gate = new Deferred()
    const { clock, start, toyChild, logged, errors } = bench()
    const root = start({
      children: [toyChild('a'), toyChild('b', { startTimeout: 100, onStart: () => gate.promise })],
    })
    clock.increment(99)
    expect(states(root)).toBe('a:up b:starting')

    clock.increment(1)
    expect(root.getSnapshot().status).toBe('error')
    expect(errors).toMatchObject([
      { id: 'b', cause: new StartError('b', 'was not ready within 100 ms') },
    ])
    expect(logged()).toBe('+a +b ?a -a')

    gate.resolve()
    await settled()
    expect(logged()).toBe('-b')
  })

  test('stops what is started when asked to while starting; the rest never starts', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const slow = toyChild('b', { onStart: () => gate.promise })
    const root = start({ children: [toyChild('a'), slow, toyChild('c')] })
    root.send({ type: 'sup.shutdown', reason: 'test' })
    expect(root.getSnapshot().status).toBe('done')
    expect(states(root)).toBe('a:down b:down c:idle')

    gate.resolve()
    await settled()
    expect(logged()).toBe('+a +b ?a -a -b')
  })

  test('ends at once when it was asked to before it was started', () => {
    const { toyChild, logged } = bench()
    const root = createActor(supervisor, { input: { children: [toyChild('a')] } })
    root.send({ type: 'sup.shutdown' })
    root.start()
    expect(root.getSnapshot().status).toBe('done')
    expect(logged()).toBe('+a ?a -a')
  })

  test('waits for the tree below a child that is a supervisor', async () => {
    const gate = new Deferred()
    const { start, toyChild, logged } = bench()
    const inner = { children: [toyChild('b', { onStart: () => gate.promise })] }
    start({ children: [child({ id: 'a', logic: supervisor, input: inner }), toyChild('c')] })
    expect(logged()).toBe('+b')

    gate.resolve()
    await settled()
    expect(logged()).toBe('+c')
  })

  test('takes any actor logic as a child; ready means active', () => {
    const waiting = fromPromise(never)
    const root = bench().start({
      children: [child({ id: 'a', logic: waiting, shutdown: 'brutal' })],
    })
    expect(states(root)).toBe('a:up')
  })
})

function rejected(field: string): unknown {
  return expect.objectContaining({ code: 'invalid_spec', field })
}

describe('a wrong specification', () => {
  test.each([
    ['id', { id: '' }],
    ['logic', { logic: undefined }],
    ['name', { name: '' }],
    ['restart', { restart: 'sometimes' }],
    ['shutdown', { shutdown: -1 }],
    ['shutdown', { shutdown: 'never' }],
    ['type', { type: 'boss' }],
    ['significant', { significant: 'yes' }],
    ['ready', { ready: true }],
    ['startTimeout', { startTimeout: 0 }],
    ['backoff', { backoff: 100 }],
    ['significant', { significant: true }],
    ['significant', { significant: true, restart: 'transient' }],
  ])('is refused with the field named: %s %o', (field, wrong) => {
    const { start, toyChild, errors, logged } = bench()
    // @ts-expect-error a wrong type, as it can come from configuration
    const root = start({ children: [toyChild('a'), { ...toyChild('b'), ...wrong }] })
    expect(root.getSnapshot()).toMatchObject({ status: 'error', phase: 'stopping' })
    expect(errors).toEqual([rejected(field)])
    expect(String(errors[0])).toContain(field)
    expect(logged()).toBe('')
  })

  test.each([
    ['strategy', { strategy: 'simple_one_for_one' }],
    ['maxRestarts', { maxRestarts: -1 }],
    ['maxSeconds', { maxSeconds: 0 }],
    ['maxChildren', { maxChildren: 1.5 }],
    ['autoShutdown', { autoShutdown: 'always' }],
    ['shutdownMode', { shutdownMode: 'random' }],
    ['now', { now: 0 }],
    ['onReport', { onReport: 'console' }],
    ['children', { children: {} }],
  ])('of a supervisor is refused with the field named: %s', (field, wrong) => {
    const { start, errors } = bench()
    // @ts-expect-error a wrong type, as it can come from configuration
    const root = start(wrong)
    expect(root.getSnapshot().status).toBe('error')
    expect(errors).toEqual([rejected(field)])
    expect(whichChildren(root)).toEqual([])
  })

  test.each([
    ['children', { children: [undefined] }],
    ['children', { children: [null] }],
    ['children', { children: ['a'] }],
  ])('that is not even an object is refused: %s %o', (field, wrong) => {
    const { start, errors } = bench()
    // @ts-expect-error a wrong type, as it can come from configuration
    const root = start(wrong)
    expect(root.getSnapshot().status).toBe('error')
    expect(errors).toEqual([rejected(field)])
  })

  test('is an input that is left out', () => {
    // @ts-expect-error it is mandatory
    const { error } = createActor(supervisor).getSnapshot()
    expect(error).toEqual(rejected('input'))
  })

  test('is an id that is used twice; no child starts', () => {
    const { start, toyChild, errors, logged } = bench()
    start({ children: [toyChild('a'), toyChild('b'), toyChild('a')] })
    expect(errors).toEqual([rejected('id')])
    expect(errors[0]).toBeInstanceOf(SupervisorError)
    expect(logged()).toBe('')
  })
})
