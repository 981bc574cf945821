import { expect, test } from 'vitest'
import { strayVariables } from '../../../src/cli/settings/stray-variables.ts'

const none = 'is not one of oban-ts, and is ignored'

test.each([
  ['OBAN_DATABSE', ' (did you mean "OBAN_DATABASE_URL"?)'],
  ['OBAN_QUEUE', ' (did you mean "OBAN_QUEUES"?)'],
  ['OBAN_LOGLEVEL', ' (did you mean "OBAN_LOG_LEVEL"?)'],
  ['OBAN_LICENSE_KEY', ''],
  ['OBAN_KEY_FINGERPRINT', ''],
])('a variable that nobody reads is told: %s', (name, advice) => {
  expect(strayVariables({ [name]: 'x' })).toEqual([`the variable ${name} ${none}${advice}`])
})

test('variables that are known, of others, or set to nothing are not', () => {
  const env = { OBAN_NAME: 'Oban', OBAN_HEALTH_PORT: '1', OBAN_NODES: '', DATABASE_URL: 'x' }

  expect(strayVariables(env)).toEqual([])
})

test('several are told in their order, without control characters', () => {
  expect(strayVariables({ OBAN_Z: 'x', 'OBAN_\u001BY': 'x' })).toEqual([
    expect.not.stringContaining('\u001B'),
    expect.stringContaining('OBAN_Z'),
  ])
})
