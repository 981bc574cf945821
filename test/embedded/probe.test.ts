import { describe, expect, inject, test } from 'vitest'
import { probe } from '../../src/embedded/probe.ts'
import { queryValues } from './query-values.ts'

describe('probe', () => {
  test('tells our server from others by its data directory', async () => {
    const url = inject('serverUrl')
    const [data] = await queryValues(url, 'SHOW data_directory')

    expect(await probe(url, String(data))).toBe('ready')
    expect(await probe(url, '/elsewhere')).toBe('stranger')
  })

  test('takes a port that nobody listens on as silent', async () => {
    expect(await probe('postgres://postgres:x@127.0.0.1:1/postgres', '/data')).toBe('silent')
  })
})
