import { describe, expect, test } from 'vitest'
import {
  child,
  fromProcess,
  observe,
  supervisor,
  type InspectionEvent,
} from '../../supervisors/index.ts'
import { bench, crash, finish, machine, refOf, settled, states, throwing } from './support/toys.ts'

function startFamily() {
  const { start } = bench()
  const inner = child({
    id: 'inner',
    logic: supervisor,
    input: { children: [child({ id: 'machine', logic: machine, name: 'machine' })] },
  })
  const process = child({ id: 'process', logic: fromProcess({ open: 2 }, () => undefined) })
  const root = start({ children: [inner, process] })
  const seen: InspectionEvent[] = []
  const failures: unknown[] = []
  const end = observe(
    root,
    (event) => seen.push(event),
    (error) => failures.push(error),
  )

  return { root, seen, failures, end }
}

describe('observe', () => {
  test('begins with the actors that exist, parents first', () => {
    const { root, seen } = startFamily()

    expect(
      seen.map(({ type, actorRef: { id, _parent: parent }, rootId }) => [
        type,
        id,
        parent?.id,
        rootId === root.sessionId,
      ]),
    ).toEqual([
      ['@xstate.actor', root.id, undefined, true],
      ['@xstate.actor', 'inner#1', root.id, true],
      ['@xstate.actor', 'machine#1', 'inner#1', true],
      ['@xstate.actor', 'process#1', root.id, true],
    ])
  })

  test('shows of an actor what it shows of itself, and of a machine its definition', () => {
    const [rootActor, , machineActor, processActor] = startFamily().seen.map(
      ({ actorRef }) => actorRef,
    )

    expect(rootActor?.getSnapshot()).toEqual({
      status: 'active',
      value: 'running',
      context: { inner: 'up', process: 'up' },
    })
    expect(machineActor?.getSnapshot()).toEqual({
      status: 'active',
      value: 'working',
      context: { jobs: 2 },
    })
    expect(processActor?.getSnapshot()).toEqual({
      status: 'active',
      value: 'ready',
      context: { open: 2 },
    })
    expect(machineActor?.logic?.config).toMatchObject({ initial: 'working' })
    expect(processActor?.logic).toEqual({})
    expect(Object.keys(machineActor ?? {})).toEqual(['sessionId', 'id'])
    expect(JSON.stringify(machineActor)).not.toContain('password')
  })

  test('shows messages without what they carry', () => {
    const { root, seen } = startFamily()
    const rows = [{ args: { card: '4111' } }]
    const event = { type: 'tell', n: 1, text: 'a', isNew: true, none: null, rows, at: {} }
    refOf(root, 'process').send({ ...event, error: new Error('boom'), ratio: Number.NaN })
    const told = seen.find(({ type }) => type === '@xstate.event')

    expect(told).toMatchObject({ type: '@xstate.event', sourceRef: undefined })
    expect(told !== undefined && 'event' in told && told.event).toEqual({
      type: 'tell',
      n: 1,
      text: 'a',
      isNew: true,
      none: null,
      rows: '[1]',
      at: '{…}',
      error: 'Error: boom',
      ratio: 'NaN',
    })
  })

  test('tells of restarts, and of each actor by one view', () => {
    const { root, seen } = startFamily()
    seen.length = 0
    root.system.get('machine').send({ type: 'crash' })
    const made = seen.filter(({ type }) => type === '@xstate.actor')

    expect(made.map(({ actorRef }) => actorRef.id)).toEqual(['machine#2'])
    const about = seen.filter(({ actorRef }) => actorRef.id === 'machine#2')
    expect(new Set(about.map(({ actorRef }) => actorRef)).size).toBe(1)
    expect(new Set(seen.map(({ type }) => type))).toEqual(
      new Set(['@xstate.action', '@xstate.actor', '@xstate.event', '@xstate.snapshot']),
    )
    for (const event of seen) expect(() => JSON.stringify(event)).not.toThrow()
  })

  test('takes an object with next, or with nothing', () => {
    const { root } = startFamily()
    const seen: string[] = []
    const fail = throwing(new Error('unexpected'))
    observe(root, { next: ({ type }) => seen.push(type) }, fail)
    observe(root, {}, fail)
    expect(seen).toHaveLength(4)
  })

  test('stops telling an observer that throws, and says so once', async () => {
    const { root, seen } = startFamily()
    const failures: unknown[] = []
    const fail = (error: unknown) => failures.push(error)
    observe(root, throwing(new Error('at once')), fail)
    const late = throwing(new Error('late'))
    observe(root, (event) => event.type === '@xstate.event' && late(), fail)
    observe(root, () => Promise.reject(new Error('later')), fail)
    seen.length = 0
    crash(root, 'process')
    finish(root, 'process')
    await settled()

    expect(failures.map(String)).toEqual(['Error: at once', 'Error: late', 'Error: later'])
    expect(states(root)).toBe('inner:up process:up')
    expect(seen.length).toBeGreaterThan(2)
  })

  test('ends when asked to, also twice', () => {
    const { root, seen, end } = startFamily()
    seen.length = 0
    end()
    end()
    crash(root, 'process')
    expect(seen).toEqual([])
  })
})
