import { expect, test } from 'vitest'
import { startExecutor } from '../support/executor.ts'

test('a body can spread its tools', async () => {
  let spread: object = {}
  await startExecutor((_, tools) => {
    spread = { ...tools }
  }).run()

  expect(spread).toEqual({
    context: undefined,
    log: expect.objectContaining({ info: expect.any(Function) }),
    self: expect.objectContaining({ name: 'Greet' }),
    signal: expect.any(AbortSignal),
  })
})

test('a body that looks at its tools again sees the same', async () => {
  let isSame = false
  await startExecutor((_, tools) => {
    const { log, signal } = tools
    isSame = tools.log === log && tools.signal === signal
  }).run()

  expect(isSame).toBe(true)
})
