import { expect, test } from 'vitest'
import { Portraitist } from '../../src/runtime/nodes/portrait.ts'
import { effect } from '../support/effect.ts'

function startPortraitist() {
  const send = effect<void, [askers: readonly string[]]>()
  const failures: unknown[] = []
  const rests: { readonly ms: number; readonly end: () => void }[] = []
  const portraitist = new Portraitist({
    node: 'a',
    clock: {
      after: (ms, end) => {
        rests.push({ ms, end })

        return () => undefined
      },
    },
    send: send.run,
    onFailed: (error) => failures.push(error),
  })
  const ask = (reply: string, node?: string) =>
    portraitist.ask({ action: 'portrait', reply, ...(node !== undefined && { node }) })

  return { ask, failures, portraitist, rests, send }
}

test('answers at once, and then rests: those who ask meanwhile share the next', async () => {
  const { ask, rests, send } = startPortraitist()
  ask('1')
  ask('2')
  await send.resolve()
  ask('3')
  ask('3')
  expect(send.calls).toEqual([[['1']]])
  expect(rests.map(({ ms }) => ms)).toEqual([250])
  rests[0]?.end()

  expect(send.calls).toEqual([[['1']], [['2', '3']]])
})

test('lets at most eight share a portrait', async () => {
  const { ask, rests, send } = startPortraitist()
  ask('0')
  for (let index = 1; index < 20; index += 1) ask(String(index))
  await send.resolve()
  rests[0]?.end()

  expect(send.calls[1]?.[0]).toHaveLength(8)
})

test('goes on after a failure, and ends in silence when it is stopped', async () => {
  const { ask, failures, portraitist, rests, send } = startPortraitist()
  const outage = new Error('connection refused')
  ask('1')
  await send.reject(outage)
  expect(failures).toEqual([outage])
  rests[0]?.end()
  ask('2')
  portraitist.stop()
  await send.reject(outage)
  ask('3')

  expect([failures, send.calls.length, rests.length]).toEqual([[outage], 2, 1])
})

test('leaves what others are asked to others', () => {
  const { ask, send } = startPortraitist()
  ask('1', 'b')
  expect(send.calls).toEqual([])
  ask('2', 'a')
  expect(send.calls).toEqual([[['2']]])
})
