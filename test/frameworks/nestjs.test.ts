import { expect, test } from 'vitest'
import { describeAccounts, usual } from './accounts.ts'

const example = describeAccounts('nestjs', {
  ...usual,
  main: ['dist/main.js'],
  worker: ['dist/worker.js'],
})

test('the tests of the example pass', { timeout: 60_000 }, async () => {
  const { code, stdout } = await example.run(['--test', 'dist/app.test.js']).ended

  expect(stdout).toMatch(/^# pass 2$/m)
  expect(code).toBe(0)
})
