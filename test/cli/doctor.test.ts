import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { titles } from '../../src/cli/doctor/draw.ts'
import { checks } from '../../src/cli/doctor/examination.ts'
import { themes } from '../../src/cli/doctor/finding.ts'
import { createEmptyDatabase } from '../engine/empty-database.ts'
import { useDatabase } from '../support/database.ts'
import { root } from '../support/modules.ts'
import { startProgram } from '../support/program.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const database = useDatabase()
const main = join(root, 'dist/src/cli/main.js')

function doctor(url: string, ...args: string[]) {
  return startProgram([main, 'doctor', ...args], {
    cwd: temporaryFolder(),
    env: { DATABASE_URL: url },
  }).ended
}

describe('oban doctor', () => {
  test('finds a fresh schema well, and with --strict not on a server without fsync', async () => {
    const { code, stdout, stderr } = await doctor(database.url)

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^oban doctor: schema "public" of postgres:\/\/.*\n\nServer\n/)
    expect(stdout).toMatch(/\n1 warning, \d notes, \d+ ok\n$/)
    expect(await doctor(database.url, '--strict')).toMatchObject({
      code: 1,
      stderr: 'oban: 1 warning found\n',
    })
  })

  test('ends with 1 for a problem, and prints all as JSON', async () => {
    const { url } = await createEmptyDatabase()
    const { code, stdout, stderr } = await doctor(url, '--json', '--prefix', 'jobs')

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'oban: 1 problem found\n' })
    const { findings, ...others } = JSON.parse(stdout)
    expect(others).toMatchObject({
      prefix: 'jobs',
      counts: { problem: 1 },
      leftOut: expect.arrayContaining(['columns']),
    })
    expect(findings).toContainEqual({
      id: 'tables',
      theme: 'schema',
      why: 'an instance starts only where its tables are',
      result: 'problem',
      found: 'there is no schema "jobs"',
      todo: ['oban install --prefix jobs'],
    })
  })

  test('starts no server of its own where none is named', async () => {
    expect(await doctor('')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^oban: which database\? Give --database-url, or set DATABASE_URL\n/,
      ),
    })
  })

  test('has checks that docs/doctor.md explains, each with its theme', () => {
    const text = readFileSync(join(root, 'docs/doctor.md'), 'utf8')
    const [, tables = ''] = text.split('\n## The checks\n')
    const explained = tables.split(/^### /m).flatMap((section) => {
      const [title = ''] = section.split('\n')

      return [...section.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, id]) => `${title}: ${id}`)
    })

    expect(explained).toEqual(checks.map(({ id, theme }) => `${titles[theme]}: ${id}`))
  })

  test('has checks with names of their own, in the order of the themes', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
    const places = checks.map(({ theme }) => themes.indexOf(theme))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })
})
