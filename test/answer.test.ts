import { describe, expect, test, vi } from 'vitest'
import { answer } from '../src/answer.ts'

const lost = new Error('connection lost')

const messages = {
  answered: (value: number) => `answered ${value}`,
  failed: (error: unknown) => `failed: ${String(error)}`,
}

function refuse(): never {
  throw lost
}

function asking(status = 'active') {
  return { getSnapshot: () => ({ status }), send: vi.fn<(message: string) => void>() }
}

describe('an answer to an actor', () => {
  test.each([
    ['what came', () => Promise.resolve(3), 'answered 3'],
    ['why nothing came', () => Promise.reject(lost), 'failed: Error: connection lost'],
  ])('tells %s', async (_, promise, message) => {
    const asker = asking()
    await answer(asker, promise(), messages)
    expect(asker.send.mock.calls).toEqual([[message]])
  })

  test('tells of a failure where its message could not be made', async () => {
    const asker = asking()
    await answer(asker, Promise.resolve(3), { ...messages, answered: refuse })
    expect(asker.send.mock.calls).toEqual([['failed: Error: connection lost']])
  })

  test.each([
    ['what came', () => Promise.resolve(3)],
    ['why nothing came', () => Promise.reject(lost)],
  ])('makes no message of %s for one that has ended', async (_, promise) => {
    const asker = asking('stopped')
    const made = { answered: vi.fn(messages.answered), failed: vi.fn(messages.failed) }
    await answer(asker, promise(), made)
    expect(made.answered).not.toHaveBeenCalled()
    expect(made.failed).not.toHaveBeenCalled()
    expect(asker.send).not.toHaveBeenCalled()
  })
})
