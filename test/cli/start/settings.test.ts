import { describe, expect, test } from 'vitest'
import { settingsOf } from '../../../src/cli/start/settings.ts'
import { defineConfig } from '../../../src/config/define.ts'

const media = { limit: 4, threads: 2 }
const file = defineConfig({ name: 'File', prefix: 'jobs', queues: { default: 10, media } })

const queuesOf = (queues: string) => settingsOf(file, { options: { queues }, env: {} }).queues

describe('the settings of oban start', () => {
  test('are those of the file where nothing else is given', () => {
    expect(settingsOf(file, { options: {}, env: { OBAN_NAME: '', OBAN_QUEUES: '' } })).toEqual(file)
  })

  test('take the environment before the file, and options before both', () => {
    const env = { OBAN_NAME: 'Env', OBAN_PREFIX: 'env', OBAN_NODE: 'env.1', OBAN_LOG: 'json' }

    expect(settingsOf(file, { options: { name: 'Option', log: 'silent' }, env })).toMatchObject({
      name: 'Option',
      prefix: 'env',
      node: 'env.1',
      logger: false,
    })
  })

  test('take DATABASE_URL only for a file that names no database', () => {
    const env = { DATABASE_URL: 'postgres://env' }
    const own = { ...file, database: { url: 'postgres://pooled', listen: 'postgres://direct' } }
    const options = { 'database-url': 'postgres://option' }

    expect(settingsOf(file, { options: {}, env }).database).toBe('postgres://env')
    expect(settingsOf(own, { options: {}, env }).database).toEqual(own.database)
    expect(settingsOf(own, { options, env }).database).toBe('postgres://option')
  })

  test('join the two addresses of a database', () => {
    const env = { DATABASE_URL: 'postgres://pooled', OBAN_LISTEN_URL: 'postgres://direct' }
    const joined = { url: 'postgres://pooled', listen: 'postgres://direct' }

    expect(settingsOf(file, { options: {}, env }).database).toEqual(joined)
    expect(
      settingsOf({ database: { url: 'postgres://pooled' } }, { options: {}, env }).database,
    ).toEqual(joined)
  })

  test('run the queues of a list only, with the limits of the list and the rest of the file', () => {
    expect(queuesOf('media')).toEqual({ media })
    expect(queuesOf('media:9, late:1')).toEqual({ media: { limit: 9, threads: 2 }, late: 1 })
    expect(queuesOf('a:b:3')).toEqual({ 'a:b': 3 })
  })

  test.each(['', 'late', 'default:', 'default:10,', ':5'])(
    'refuse "%s" as a list of queues',
    (queues) => {
      expect(() => queuesOf(queues)).toThrow(/^a list of queues is name:limit/)
    },
  )
})
