import { expect, test } from 'vitest'
import { NoAnswerError } from '../../src/engine/refusal.ts'
import { isLoss } from './loss.ts'

test.each([new NoAnswerError(5_000), new Error('the stage connection was lost')])(
  'takes for a loss what a connection of the node says: %s',
  (error) => {
    expect(isLoss(error)).toBe(true)
  },
)
