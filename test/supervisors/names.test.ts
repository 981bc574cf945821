import { createActor } from 'xstate'
import { describe, expect, test } from 'vitest'
import {
  call,
  CallDownError,
  CallTimeoutError,
  child,
  createNames,
  fromProcess,
  inspect,
  type ProcessRef,
} from '../../supervisors/index.ts'
import { bench, crash, refOf, states, toy, type ToyMessage } from './support/toys.ts'

type ToyRef = ProcessRef<ToyMessage, string[]>

interface Names {
  readonly single: ToyRef
  readonly [key: `queue/${string}`]: ToyRef
}

function startNamed() {
  const dead: unknown[] = []
  const tools = bench()
  const names = createNames<Names>((name, message) => dead.push([name, message]))
  const child0 = tools.toyChild('a', { name: 'queue/mail', backoff: () => 100 })

  return { ...tools, ...names, dead, root: tools.start({ children: [child0] }) }
}

describe('names', () => {
  test('reach whoever has the name at each send', () => {
    const { clock, root, tell, whereis } = startNamed()
    const note = { type: 'note', text: 'hello' } as const
    expect(tell(root.system, 'queue/mail', note)).toBe(true)
    expect(whereis(root.system, 'queue/mail')?.getSnapshot().state).toEqual(['hello'])

    crash(root, 'a')
    clock.increment(100)
    expect(whereis(root.system, 'queue/mail')?.getSnapshot().state).toEqual([])
    expect(whereis(root.system, 'queue/mail')).toBe(refOf(root, 'a'))
  })

  test('make a message to nobody a dead letter', () => {
    const { dead, root, tell, whereis } = startNamed()
    crash(root, 'a')
    expect(whereis(root.system, 'queue/mail')).toBe(undefined)
    expect(tell(root.system, 'queue/mail', { type: 'finish' })).toBe(false)
    expect(tell(root.system, 'single', { type: 'finish' })).toBe(false)
    expect(dead).toEqual([
      ['queue/mail', { type: 'finish' }],
      ['single', { type: 'finish' }],
    ])
  })

  test('are typed', () => {
    const { root, tell } = startNamed()
    // @ts-expect-error no such name
    expect(tell(root.system, 'nobody', { type: 'finish' })).toBe(false)
    // @ts-expect-error no such message
    expect(tell(root.system, 'single', { type: 'dance' })).toBe(false)
  })
})

interface Question {
  readonly type: 'question'
  readonly reply?: (answer: number) => void
}

const answering = fromProcess<Question, null>(null, ({ fail }) => ({
  onEvent: ({ reply }) => (reply ? reply(42) : fail(new Error('no reply'))),
}))
const silent = fromProcess<Question, null>(null, () => undefined)

function startCallee(logic: typeof answering) {
  const tools = bench()
  const root = tools.start({ children: [child({ id: 'a', logic, restart: 'temporary' })] })

  return { ...tools, root, ref: refOf(root, 'a') }
}

describe('call', () => {
  test('resolves to the first reply, and leaves no timer', async () => {
    const timers = new Set<unknown>()
    const clock = {
      setTimeout(run: () => void) {
        timers.add(run)

        return run
      },
      clearTimeout: (run: unknown) => timers.delete(run),
    }
    const ref = createActor(answering, { clock }).start()
    await expect(call<number>(ref, (reply) => ({ type: 'question', reply }))).resolves.toBe(42)
    expect(timers.size).toBe(0)
  })

  test('is rejected when no reply comes in time', async () => {
    const { ref, clock } = startCallee(silent)
    const asked = call<number>(ref, (reply) => ({ type: 'question', reply }), { timeoutMs: 100 })
    clock.increment(100)
    await expect(asked).rejects.toEqual(new CallTimeoutError('a#1', 100))
  })

  test('waits five seconds by default', async () => {
    const { ref, clock } = startCallee(silent)
    const asked = call(ref, () => ({ type: 'question' }))
    clock.increment(5000)
    await expect(asked).rejects.toEqual(new CallTimeoutError('a#1', 5000))
  })

  test('is rejected at once when the actor crashes before it replies', async () => {
    const { ref } = startCallee(answering)
    const asked = call(ref, () => ({ type: 'question' }))
    await expect(asked).rejects.toEqual(new CallDownError('a#1', { cause: new Error('no reply') }))
  })

  test.each(['done', 'stopped', 'error'])('is rejected at once by one that is %s', async (how) => {
    const { ref, root } = startCallee(answering)
    if (how === 'done') ref.send({ type: 'sup.shutdown' })
    else if (how === 'stopped') root.stop()
    else ref.send({ type: 'question' })
    expect(ref.getSnapshot().status).toBe(how)
    await expect(call(ref, () => ({ type: 'question' }))).rejects.toMatchObject({
      code: 'call_down',
      target: 'a#1',
    })
  })
})

describe('inspect', () => {
  test('lets an observer that throws harm nobody', () => {
    const errors: unknown[] = []
    const { start, toyChild } = bench()
    const root = start({ children: [toyChild('a')] })
    const boom = new Error('boom')
    const observer = () => {
      throw boom
    }
    const stop = inspect(root.system, observer, (error) => errors.push(error))
    crash(root, 'a')
    expect(states(root)).toBe('a:up')
    expect(errors[0]).toBe(boom)

    stop()
    errors.length = 0
    crash(root, 'a')
    expect(errors).toEqual([])
  })

  test('shows messages that can be written as JSON', () => {
    const seen: string[] = []
    const { start } = bench()
    const root = start({
      children: [child({ id: 'a', logic: toy, input: { name: 'a', log: [] } })],
    })
    inspect(
      root.system,
      (event) => {
        if (event.type === '@xstate.event') seen.push(JSON.stringify(event.event))
      },
      (error) => {
        throw error
      },
    )
    crash(root, 'a', null)
    expect(seen).toContain('{"type":"sup.exit","run":"a#1","exit":{"status":"error","error":null}}')
    expect(seen).toContain('{"type":"sup.ready","run":"a#2"}')
  })
})
