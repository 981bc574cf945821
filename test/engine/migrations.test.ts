import { describe, expect, test } from 'vitest'
import { loadMigrations, parseMigration } from '../../src/engine/migrations.ts'
import { inSchema } from '../../src/engine/query.ts'

describe('migrations', () => {
  test('are numbered without a gap', () => {
    const migrations = loadMigrations()

    expect(migrations.map(({ version }) => version)).toEqual(
      migrations.map((_, index) => index + 1),
    )
  })

  test('name every object with its schema', () => {
    for (const { name, up, down } of loadMigrations()) {
      const sql = `${up}${down}`.replaceAll(/--.*/g, '').replaceAll(/INDEX [A-Z ]*oban_\w+\s/g, '')
      expect([name, sql.match(/(?<!\/)\boban_\w+/g)]).toEqual([name, null])
    }
  })

  test('say in their heading how they run', () => {
    const text = [
      '-- Why.',
      '-- up: concurrently, optional',
      'CREATE INDEX CONCURRENTLY one ON /*prefix*/two (three);',
      '-- down',
      'DROP INDEX CONCURRENTLY /*prefix*/one;',
    ].join('\n')

    expect(parseMigration('012_things', text)).toEqual({
      version: 12,
      name: '012_things',
      unlessJobs: false,
      index: 'one',
      optional: true,
      up: 'CREATE INDEX CONCURRENTLY one ON /*prefix*/two (three);\n',
      down: 'DROP INDEX CONCURRENTLY /*prefix*/one;',
    })
  })

  test('cannot lack a way back', () => {
    expect(() => parseMigration('012_things', '-- up\nSELECT 1;\n')).toThrow(
      'migration 012_things lacks "-- up" or "-- down"',
    )
  })

  test('quote the schema, whatever its name', () => {
    expect(inSchema('/*prefix*/a, /*prefix*/b', '$&"$$')).toBe('"$&""$$".a, "$&""$$".b')
  })
})
