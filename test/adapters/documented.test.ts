import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/modules.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('the documentation names the versions that the suite runs on', () => {
  const names = 'pg|kysely|drizzle-orm|knex|@prisma/client|typeorm|postgres'
  const row = new RegExp(String.raw`^\|.*\| (${names}) (\d[\d.]*\d)\b`, 'gm')
  const told = [...read('docs/transactions.md').matchAll(row)].map(([, name = '', version]) => ({
    name,
    version,
  }))
  const installed = told.map(({ name }) => {
    const { version }: { version: string } = JSON.parse(read(`node_modules/${name}/package.json`))

    return { name, version }
  })

  expect(told).toHaveLength(7)
  expect(told).toEqual(installed)
})
