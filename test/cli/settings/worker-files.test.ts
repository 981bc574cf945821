import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findWorkerFiles, splitPatterns } from '../../../src/cli/settings/worker-files.ts'
import { folderWith } from '../../support/folder-with.ts'

/** A folder with empty files. */
function folderOf(...names: readonly string[]): string {
  const folder = folderWith('oban.config.mjs', '')
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), '')
  }

  return folder
}

function found(pattern: string, folder: string): string[] | string {
  const result = findWorkerFiles(pattern, folder)

  return 'files' in result
    ? result.files.map((path) => relative(folder, path))
    : result.message.replace(folder, '<folder>')
}

describe('worker modules by a pattern', () => {
  const names = ['w/a.js', 'w/b.mjs', 'w/deep/c.js', 'w/deep/.hidden.js', 'w/node_modules/d.js']

  test.each([
    ['w/*.js', ['w/a.js']],
    ['./w/*', ['w/a.js', 'w/b.mjs']],
    ['w/**/*.js', ['w/a.js', 'w/deep/c.js']],
    ['**/*.{mjs,js}', ['oban.config.mjs', 'w/a.js', 'w/b.mjs', 'w/deep/c.js']],
    ['w/**', ['w/a.js', 'w/b.mjs', 'w/deep/c.js']],
    ['w/{a,deep/{b,c}}.js', ['w/a.js', 'w/deep/c.js']],
    ['?/[a-b].?js', ['w/b.mjs']],
    ['w/[!a]*', ['w/b.mjs']],
    ['w/deep/.*', ['w/deep/.hidden.js']],
    ['w/node_modules/*.js', ['w/node_modules/d.js']],
    ['w/a.js', ['w/a.js']],
  ])('%s', (pattern, expected) => {
    expect(found(pattern, folderOf(...names))).toEqual(expected)
  })

  test('takes characters as they are that mean something to a regular expression', () => {
    expect(found('a+(b)*.js', folderOf('a+(b)1.js', 'aab1.js'))).toEqual(['a+(b)1.js'])
  })

  test('leaves out declarations, tests, maps, and sources beside what was built of them', () => {
    const all = ['w/a.js', 'w/a.ts', 'w/a.d.ts', 'w/a.js.map', 'w/a.test.ts', 'w/b.ts', 'w/c.md']

    expect(found('w/*', folderOf(...all))).toEqual(['w/a.js', 'w/b.ts'])
  })

  test('finds sources where nothing is built', () => {
    expect(found('w/*.js', folderOf('w/a.ts'))).toEqual(['w/a.ts'])
  })

  test('begins an absolute pattern at the root, and walks no circle', () => {
    const folder = folderOf('w/a.js')
    symlinkSync(folder, join(folder, 'w/circle'))

    expect(found(`${folder}/**/*.js`, '/nowhere')).toEqual([
      relative('/nowhere', `${folder}/w/a.js`),
    ])
  })

  test('says which pattern found nothing, and where', () => {
    const message = 'expected modules that match "jobs/*.js" in <folder>, found none'

    expect(found('jobs/*.js', folderOf('w/a.js'))).toBe(message)
    expect(found('jobs/*.js', folderOf('jobs/a.md'))).toBe(message)
    expect(found('w/a.js/*', folderOf('w/a.js'))).toBe(message.replace('jobs/*.js', 'w/a.js/*'))
  })

  test('are listed with commas', () => {
    expect(splitPatterns('a/*.js, b/{c,d}.js,,e.js')).toEqual(['a/*.js', 'b/{c,d}.js', 'e.js'])
  })
})
