import { createActor, setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import { child, supervisor } from '../../supervisors/index.ts'
import { bench, crash, refOf, states, throwing, toy } from './support/toys.ts'

describe('a crashed machine', () => {
  const owner = setup({
    types: ownerTypes(),
    actors: { toy },
    actions: {
      explode: () => {
        throw new Error('boom')
      },
    },
  }).createMachine({
    context: ({ input }) => input,
    invoke: { src: 'toy', id: 'helper', input: ({ context }) => context },
    on: { crash: { actions: 'explode' } },
  })

  test('has its own children stopped by the supervisor', () => {
    const { start, log, logged, kinds } = bench()
    const spec = child({ id: 'a', logic: owner, input: { name: 'helper', log } })
    const root = start({ children: [spec] })
    logged()
    crash(root, 'a')
    expect(logged()).toBe('-helper +helper')
    expect(kinds()).toEqual(['orphan_reaped a', 'child_terminated a'])
  })

  test('leaves them running without a supervisor, which is why', () => {
    const { log, logged } = bench()
    const actor = createActor(owner, { input: { name: 'helper', log } })
    actor.subscribe({ error: () => log.push('!') })
    actor.start()
    actor.send({ type: 'crash' })
    expect(logged()).toBe('+helper !')
  })
})

describe('a fault in the supervisor', () => {
  test('such as a broken now, stops its children before it fails', () => {
    let isBroken = false
    const { start, toyChild, logged, errors } = bench()
    const now = () => {
      if (isBroken) throw new Error('no clock')

      return 0
    }
    const root = start({ now, children: [toyChild('a'), toyChild('b')] })
    isBroken = true
    crash(root, 'b')
    expect(logged()).toBe('+a +b -b -a')
    expect(errors).toEqual([new Error('no clock')])
  })

  test('such as a report handler that throws, is logged and harms nobody', () => {
    const { toyChild } = bench()
    const logs: unknown[] = []
    const root = createActor(supervisor, {
      logger: (...args) => logs.push(args),
      input: { onReport: throwing(new Error('no log')), children: [toyChild('a')] },
    }).start()
    crash(root, 'a')
    expect(states(root)).toBe('a:up')
    expect(logs).toEqual([['onReport threw on child_terminated of child "a"', new Error('no log')]])
    expect(refOf(root, 'a').id).toBe('a#2')
  })
})

interface OwnerTypes {
  readonly context?: { name: string; log: string[] }
  readonly input?: { name: string; log: string[] }
  readonly events?: { type: 'crash' }
}

function ownerTypes(): OwnerTypes {
  return {}
}
