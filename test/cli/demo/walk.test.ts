import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { resolveRoots } from '../../../src/cli/demo/roots.ts'
import { walk, type Found } from '../../../src/cli/demo/walk.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function makeFolder(files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'oban-walk-'))
  folders.push(folder)
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), file)
  }

  return folder
}

async function walked(folder: string, leaveOut?: string): Promise<Found[]> {
  const found: Found[] = []
  for await (const each of walk(folder, leaveOut)) found.push(each)

  return found
}

test('finds the files at every depth, by name', async () => {
  const folder = makeFolder(['b', 'a/deep/down', 'a/x', '.hidden'])

  expect(await walked(folder)).toEqual(
    ['.hidden', 'a/deep/down', 'a/x', 'b'].map((name) => ({
      kind: 'file',
      path: join(folder, name),
    })),
  )
})

test('leaves one folder out', async () => {
  const folder = makeFolder(['kept', 'out/x', 'in/out/y'])
  const found = await walked(folder, join(folder, 'out'))

  expect(found.map(({ path }) => path)).toEqual([join(folder, 'in/out/y'), join(folder, 'kept')])
})

test('passes over links, which may lead in circles', async () => {
  const folder = makeFolder(['a/file'])
  symlinkSync('..', join(folder, 'a/up'))
  symlinkSync('nowhere', join(folder, 'dangling'))

  expect((await walked(folder)).map(({ kind }) => kind)).toEqual(['file', 'skipped', 'skipped'])
})

test('tells of a folder that cannot be read', async () => {
  const missing = join(makeFolder([]), 'gone')

  expect(await walked(missing)).toEqual([
    { kind: 'unreadable', path: missing, reason: 'ENOENT: no such file or directory' },
  ])
})

test('follows a link that is given, and takes each path once', () => {
  const folder = makeFolder(['file'])
  symlinkSync('file', join(folder, 'link'))

  expect(resolveRoots([join(folder, 'link'), join(folder, 'file')])).toEqual([join(folder, 'file')])
})

test('refuses what does not exist, and devices', () => {
  expect(() => resolveRoots(['/not/there'])).toThrow(
    'cannot read "/not/there": there is no such file or folder',
  )
  expect(() => resolveRoots(['/dev/null'])).toThrow(
    'cannot read "/dev/null": it is neither a file nor a folder',
  )
})
