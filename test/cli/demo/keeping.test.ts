import { expect, test } from 'vitest'
import { keepingLines } from '../../../src/cli/demo/keeping.ts'

const url = 'postgres://postgres:***@127.0.0.1:5432/postgres'

function commands(dataDir: string | undefined, env: NodeJS.ProcessEnv, options: object): string[] {
  const lines = keepingLines({ url, dataDir, isRunning: true }, { env, options }, (_, text) => text)

  return lines.filter((line) => line.startsWith('  ')).map((line) => line.trim())
}

test('names what connects to the embedded server, without its password', () => {
  expect(commands('/nowhere/.oban', {}, {})).toEqual([
    'npx oban tree --watch',
    'PGPASSWORD="$(cat /nowhere/.oban/password)" psql postgres://postgres@127.0.0.1:5432/postgres',
  ])
})

test('names the variable that holds the address', () => {
  expect(commands(undefined, { DATABASE_URL: 'postgres://u:secret@h/d' }, {})).toEqual([
    'npx oban tree --watch',
    'psql "$DATABASE_URL"',
  ])
})

test('repeats what was given, the password excepted', () => {
  const options = { 'database-url': 'postgres://u:secret@h/d', prefix: 'jobs' }

  expect(commands(undefined, { DATABASE_URL: 'other' }, options)).toEqual([
    `npx oban tree --watch --prefix jobs --database-url '${url}'`,
    `psql '${url}'`,
  ])
})
