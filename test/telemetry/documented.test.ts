/** The tables of `docs/telemetry.md` have every event once, with every field that it has. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EVENT_NAMES, FACT_NAMES } from '../../src/telemetry/events.ts'
import { PHASES } from '../../src/telemetry/spans.ts'
import { root } from '../support/modules.ts'
import { samples } from '../support/telemetry-events.ts'

const text = readFileSync(join(root, 'docs/telemetry.md'), 'utf8')

/** The rows of the tables below a heading, as cells. */
function rowsOf(heading: string): string[][] {
  const [, section = ''] = text.split(`\n## ${heading}\n`)
  const lines = section.split('\n## ', 1)[0]?.split('\n') ?? []
  const rows = lines.filter((line) => line.startsWith('|')).slice(2)

  return rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
}

function wordsOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}

/** `x.start` `.stop` `.exception` are three names. */
function namesOf([, cell = '']: readonly string[]): string[] {
  const [first = '', ...others] = wordsOf(cell)
  const span = first.replace(/\.start$/, '')

  return [first, ...others.map((other) => (other.startsWith('.') ? `${span}${other}` : other))]
}

function isKnown(word: string): boolean {
  return EVENT_NAMES.some((name) => name === word || name === word.replace('*', 'stop'))
}

describe('the documentation of telemetry', () => {
  test('lists each event once', () => {
    const listed = [...rowsOf('Facts'), ...rowsOf('Spans')].flatMap(namesOf)

    expect(listed.toSorted()).toEqual([...EVENT_NAMES].toSorted())
  })

  test('gives each span three names', () => {
    for (const row of rowsOf('Spans')) {
      const [first = ''] = namesOf(row)
      const span = first.replace(/\.start$/, '')
      expect(namesOf(row)).toEqual(PHASES.map((phase) => `${span}.${phase}`))
    }
  })

  test('names every field of every fact', () => {
    const rows = new Map(rowsOf('Facts').map((row) => [namesOf(row)[0], row[3] ?? '']))
    const missing = FACT_NAMES.flatMap((name) => {
      const cell = rows.get(name) ?? ''
      // "as `job.start`; …" stands for the fields of that one.
      const like = wordsOf(cell).flatMap((word) => wordsOf(rows.get(word) ?? ''))
      const further = like.flatMap((word) => wordsOf(rows.get(word) ?? ''))
      const known = new Set(['event', 'instance', 'node', ...wordsOf(cell), ...like, ...further])

      return Object.keys(samples[name])
        .filter((field) => !known.has(field))
        .map((field) => `${name}: ${field}`)
    })

    expect(missing).toEqual([])
  })

  test('has a counterpart, or a reason, for each event of Oban', () => {
    const rows = rowsOf('Elixir and Python')
    const here = rows.flatMap(([, , , cell = '']) => wordsOf(cell))
    const words = here.filter((word) => word.includes('.'))

    expect(rows.length).toBeGreaterThan(15)
    expect(words.filter((word) => !isKnown(word))).toEqual([])
  })
})
