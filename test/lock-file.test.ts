/** npm ci refuses a lock file that lacks packages, also those for other platforms than its own. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './support/modules.ts'

interface Entry {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** `a/node_modules/b` sees the packages inside of itself, of `a`, and of the project. */
function foldersSeenFrom(path: string): string[] {
  if (path === '') return ['']
  const parent = path.lastIndexOf('/node_modules/')

  return [`${path}/`, ...foldersSeenFrom(parent === -1 ? '' : path.slice(0, parent))]
}

const lockFiles = [
  'package-lock.json',
  'docs/reference/package-lock.json',
  ...readdirSync(join(root, 'test/bench/peers')).map(
    (peer) => `test/bench/peers/${peer}/package-lock.json`,
  ),
]

test.each(lockFiles)('%s is whole', (file) => {
  const { packages }: { readonly packages: Readonly<Record<string, Entry>> } = JSON.parse(
    readFileSync(join(root, file), 'utf8'),
  )
  const missing = Object.entries(packages).flatMap(([path, entry]) => {
    const names = Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
    const found = (name: string) =>
      foldersSeenFrom(path).some((folder) => `${folder}node_modules/${name}` in packages)

    return names.filter((name) => !found(name)).map((name) => `${name} of ${path}`)
  })

  expect(missing).toEqual([])
})
