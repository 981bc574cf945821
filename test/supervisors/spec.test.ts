import { createMachine, fromPromise, type ActorRefFrom } from 'xstate'
import { describe, expectTypeOf, test } from 'vitest'
import {
  child,
  fromProcess,
  startChild,
  supervisor,
  type ChildSpec,
  type ProcessRef,
  type SupervisorRef,
} from '../../supervisors/index.ts'
import { machine, toy, type ToyMessage } from './support/toys.ts'

const input = { name: 'a', log: [] }

describe('child', () => {
  test('checks the input against the logic', () => {
    child({ id: 'a', logic: toy, input })
    child({ id: 'a', logic: toy, input: () => input })
    child({ id: 'a', logic: machine })
    child({ id: 'a', logic: supervisor, input: { strategy: 'rest_for_one' } })
    // @ts-expect-error the input is missing
    child({ id: 'a', logic: toy })
    // @ts-expect-error a field of the input is missing
    child({ id: 'a', logic: toy, input: { name: 'a' } })
    // @ts-expect-error a field of the input has the wrong type
    child({ id: 'a', logic: toy, input: () => ({ name: 1, log: [] }) })
    // @ts-expect-error a supervisor needs its input
    child({ id: 'a', logic: supervisor })
    // @ts-expect-error no such strategy
    child({ id: 'a', logic: supervisor, input: { strategy: 'none' } })
  })

  test('checks ready against the snapshot of the logic', () => {
    child({
      id: 'a',
      logic: toy,
      input,
      ready: ({ phase, state }) => phase === 'ready' && !state[0],
    })
    child({ id: 'a', logic: machine, ready: (snapshot) => snapshot.matches('working') })
    child({ id: 'a', logic: supervisor, input: {}, ready: ({ phase }) => phase === 'running' })
    // @ts-expect-error no such phase
    child({ id: 'a', logic: toy, input, ready: ({ phase }) => phase === 'running' })
    // @ts-expect-error no such state
    child({ id: 'a', logic: machine, ready: (snapshot) => snapshot.matches('sleeping') })
    // @ts-expect-error a promise has no phase
    child({ id: 'a', logic: fromPromise(() => Promise.resolve(1)), ready: ({ phase }) => !phase })
  })

  test('checks the words', () => {
    // @ts-expect-error no such restart
    child({ id: 'a', logic: machine, restart: 'never' })
    // @ts-expect-error no such shutdown
    child({ id: 'a', logic: machine, shutdown: 'later' })
    // @ts-expect-error the id is missing
    child({ logic: machine })
  })

  test('erases the logic, so that specifications fit into one list', () => {
    const specs: ChildSpec[] = [
      child({ id: 'a', logic: toy, input }),
      child({ id: 'b', logic: machine }),
    ]
    expectTypeOf(specs).toEqualTypeOf<ChildSpec[]>()
  })
})

function startToy(root: SupervisorRef) {
  return startChild(root, child({ id: 'a', logic: toy, input }))
}

function startMachine(root: SupervisorRef) {
  return startChild(root, child({ id: 'a', logic: machine }))
}

describe('startChild', () => {
  test('gives a ref of the type of the logic', () => {
    expectTypeOf(startToy).returns.resolves.toExtend<ProcessRef<ToyMessage, string[]>>()
    expectTypeOf(startMachine).returns.resolves.toExtend<ActorRefFrom<typeof machine>>()
  })
})

describe('fromProcess', () => {
  test('infers the input from start, and needs none where there is none', () => {
    const inferred = fromProcess('', ({ input: given }: { input: { url: string } }) => {
      expectTypeOf(given.url).toEqualTypeOf<string>()
    })
    child({ id: 'a', logic: inferred, input: { url: 'x' } })
    // @ts-expect-error the input is missing
    child({ id: 'a', logic: inferred })
    child({ id: 'a', logic: fromProcess(0, () => undefined) })
  })

  test('checks messages and states', () => {
    fromProcess<ToyMessage, number>(0, ({ set }) => ({
      onEvent(message) {
        expectTypeOf(message).toEqualTypeOf<ToyMessage>()
        // @ts-expect-error the state is a number
        set('one')
      },
    }))
    // @ts-expect-error the state is a number
    fromProcess<ToyMessage, number>('zero', () => undefined)
  })

  test('is a child of a machine as well', () => {
    createMachine({ invoke: { src: toy, input } })
  })
})
