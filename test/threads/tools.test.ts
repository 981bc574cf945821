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
