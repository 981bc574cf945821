import { describe, expect, test } from 'vitest'
import { parseQueue } from '../../src/config/queue.ts'
import { parseConfig } from '../../src/config.ts'
import { problemsOf } from '../support/config-problems.ts'

const database = 'postgres://localhost/app'
const ofThreads = {
  threads: 1,
  idleTimeout: 'infinity',
  recycle: { afterJobs: 9 },
  resourceLimits: {},
} as const
const message = "has no effect with execution: 'inline'; leave it out"

describe('options of an inline queue', () => {
  test('may not be those of threads, which would have no effect', () => {
    const media = { limit: 2, execution: 'inline', ...ofThreads }

    expect(problemsOf({ database, queues: { media } })).toEqual(
      Object.keys(ofThreads).map((key) => ({ path: `queues.media.${key}`, message })),
    )
  })

  test('are told once when they are wrong in two ways', () => {
    const media = { limit: 2, execution: 'inline', threads: 3 }

    expect(problemsOf({ database, queues: { media } })).toEqual([
      { path: 'queues.media.threads', message },
    ])
  })

  test('are checked as strictly when it is started at run time', () => {
    const config = parseConfig({ database })

    expect(() =>
      parseQueue('media', { limit: 2, execution: 'inline', threads: 2 }, config),
    ).toThrow(`queues.media.threads: ${message}`)
  })

  test('may say undefined, as an option that is not given', () => {
    const media = { limit: 2, execution: 'inline', threads: undefined } as const

    expect(problemsOf({ database, queues: { media } })).toEqual([])
  })
})
