import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/modules.ts'
import { rangesOf, sourceOf } from './example.ts'

const servers = ['express', 'fastify', 'hono']
const names = [...servers, 'nestjs', 'nextjs']

function installed(name: string): string {
  const path = join(root, 'node_modules', name, 'package.json')
  const { version }: { readonly version: string } = JSON.parse(readFileSync(path, 'utf8'))

  return version
}

test.each(names)('the example of %s asks for the versions that the suite runs on', (name) => {
  const asked = rangesOf(name)
  const run = Object.keys(asked).map((each) => [each, `^${installed(each)}`])

  expect(asked).toEqual(Object.fromEntries(run))
})

test.each([
  [servers, ['tsconfig.json', 'schema.sql', 'workers.ts', 'accounts.ts', 'oban.config.ts']],
  [['express', 'hono'], ['runtime.ts']],
  [['express', 'fastify', 'hono', 'nestjs', 'nextjs/lib'], ['refusal.ts']],
])('what %j have in common is the same: %j', (folders, files) => {
  for (const file of files) {
    const texts = folders.map((folder) => readFileSync(join(sourceOf(folder), file), 'utf8'))
    expect([file, ...new Set(texts)]).toEqual([file, texts[0]])
  }
})
