import { expect, test } from 'vitest'
import { errorWords } from '../../../src/cli/demo/error-words.ts'

test('tells messages without classes and stacks', () => {
  const stored = [
    'JobCrashError: job crashed its thread: uncaught exception',
    '    at crash (file:///executor.js:1:1)',
    'caused by TypeError: x is not a function',
    '    at Timeout._onTimeout (file:///worker.js:1:1)',
  ].join('\n')

  expect(errorWords(stored)).toBe('job crashed its thread: uncaught exception: x is not a function')
  expect(errorWords('JobCrashError: job crashed its thread: Error: Worker terminated')).toBe(
    'job crashed its thread: Worker terminated',
  )
  expect(errorWords(new Error('connection refused'))).toBe('connection refused')
})
