import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { problemsOf as problemsOfAll } from '../support/config-problems.ts'

const fixture = new URL('../fixtures/typescript-only.js', import.meta.url)

const problemsOf = (threadOptions: unknown) => problemsOfAll({ threadOptions })

const setup = (message: string) => [{ path: 'threadOptions.setup', message }]

describe('thread options', () => {
  test.each([
    ['a URL', new URL(import.meta.url)],
    ['a path', fileURLToPath(import.meta.url)],
    ['the source of a missing module', new URL(import.meta.url.replace(/ts$/, 'js'))],
  ])('take the setup module as %s', (_, module) => {
    expect(parseConfig({ threadOptions: { setup: module } }).threadOptions).toMatchObject({
      setup: import.meta.url,
      bootMs: 60_000,
    })
  })

  test('carry the time to boot in milliseconds', () => {
    const { threadOptions } = parseConfig({ threadOptions: { bootTimeout: { seconds: 5 } } })

    expect(threadOptions).toEqual({ env: {}, preload: [], resourceLimits: {}, bootMs: 5_000 })
  })

  test('refuse what is no module, and no time', () => {
    const expected = "expected new URL('./setup.js', import.meta.url) or an absolute path"

    expect(problemsOf({ setup: './setup.js' })).toMatchObject(
      setup(`${expected}, found "./setup.js"`),
    )
    expect(problemsOf({ setup: { setup() {} } })).toMatchObject(
      setup(`${expected}, found an object`),
    )
    expect(problemsOf({ setup: fixture })).toMatchObject(
      setup(`there is no file "${fileURLToPath(fixture)}"`),
    )
    expect(problemsOf({ bootTimeout: 5 })).toMatchObject([{ path: 'threadOptions.bootTimeout' }])
    expect(problemsOf({ setUp: fixture })).toMatchObject([{ suggestion: 'setup' }])
  })
})
