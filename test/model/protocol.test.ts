import { describe, expect, test } from 'vitest'
import { failing, holding } from './bounds.ts'
import { run } from './command.ts'

/** On a machine with much else to do, so that what ends before the bounds are explored fails. */
const PATIENCE = ['--seconds', '600']

function explored(bounds: string) {
  const args = bounds.split(' ').filter((word) => word !== '')

  return run([...args, ...PATIENCE], () => performance.now())
}

describe('the protocol', { timeout: 660_000 }, () => {
  test.each(holding)('holds within its bounds: %s', (bounds) => {
    const { text } = explored(bounds)

    expect(text.split('\n').slice(1)).toEqual([
      'no violation: every state within the bounds was explored',
    ])
  })

  test.each(Object.entries(failing))('needs the rule %s', (rule, [bounds, property]) => {
    const { text, exitCode } = explored(`${bounds} --without ${rule}`)

    expect(text.split('\n')[1]).toBe(`violation: ${property}`)
    expect(exitCode).toBe(1)
  })
})
