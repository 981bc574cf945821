import { expect, test } from 'vitest'
import { createDatabase, useDatabase } from './database.ts'

const database = useDatabase()

test('gives a test file a database of its own', async () => {
  await database.query('CREATE TABLE mine (id int)')
  const other = await createDatabase()
  const rows = await other.query("SELECT to_regclass('mine') AS found")
  await other.drop()

  expect(rows).toEqual([{ found: null }])
})

test('makes databases in UTF-8', async () => {
  expect(await database.query('SHOW server_encoding')).toEqual([{ server_encoding: 'UTF8' }])
})

test('makes and drops databases side by side', async () => {
  const databases = await Promise.all(Array.from({ length: 8 }, () => createDatabase()))
  await Promise.all(databases.map((each) => each.drop()))
  const names = databases.map(({ url }) => new URL(url).pathname.slice(1))

  expect(
    await database.query('SELECT 1 FROM pg_database WHERE datname = ANY($1)', [names]),
  ).toEqual([])
})
