import { describe, expect, test } from 'vitest'
import { errorOfText } from '../../src/job/error-text.ts'
import { errorText, serializeError } from '../../src/threads/serialized-error.ts'

/** What is read of the text that is kept of something thrown. */
function again(thrown: unknown): Error {
  return errorOfText(errorText(serializeError(thrown)))
}

describe('an error made of the text of one', () => {
  test('has its name, its message and its stack, with that of the cause', () => {
    const error = again(new TypeError('first\nsecond', { cause: new RangeError('inner') }))

    expect([error.name, error.message]).toEqual(['TypeError', 'first\nsecond'])
    expect(error.stack).toMatch(/^TypeError: first\nsecond\n\s+at .*caused by RangeError: inner/s)
  })

  test('has the text as its message when that begins with no name', () => {
    expect(errorOfText('no luck: none')).toMatchObject({ name: 'Error', message: 'no luck: none' })
    expect(errorOfText('')).toMatchObject({ name: 'Error', message: '' })
  })

  test('reads OBAN codes and what was no error', () => {
    expect(again('boom')).toMatchObject({ name: 'NonError', message: 'threw string: boom' })
    expect(errorOfText('OBAN_JOB_ORPHANED: the node died')).toMatchObject({
      name: 'OBAN_JOB_ORPHANED',
      message: 'the node died',
    })
  })
})
