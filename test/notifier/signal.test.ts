import { describe, expect, test } from 'vitest'
import { isFor, parseOwnSignal, parseSignal, signalsOf } from '../../src/notifier/signal.ts'

describe('signalsOf', () => {
  test.each(['pause', 'resume', 'stop'] as const)(
    'has exactly the keys of Oban to %s',
    (action) => {
      expect(signalsOf({ action, queue: 'media' }, 'any')).toEqual([
        { channel: 'signal', message: { action, queue: 'media', ident: 'any' } },
      ])
    },
  )

  test('tells threads to nodes of ours only, after the limit', () => {
    const scale = { action: 'scale', queue: 'media', limit: 8, threads: 4 } as const

    expect(signalsOf(scale, 'Oban.web.2')).toEqual([
      {
        channel: 'signal',
        message: { action: 'scale', queue: 'media', limit: 8, ident: 'Oban.web.2' },
      },
      {
        channel: 'ts',
        message: { action: 'scale', queue: 'media', threads: 4, ident: 'Oban.web.2' },
      },
    ])
  })

  test('starts queues on nodes of ours only', () => {
    expect(signalsOf({ action: 'start', queue: 'late', options: 5 }, 'any')).toEqual([
      {
        channel: 'ts',
        message: { action: 'start', queue: 'late', options: { limit: 5 }, ident: 'any' },
      },
    ])
  })
})

describe('parseSignal', () => {
  test.each([
    [
      'Elixir pauses a queue on all nodes',
      '{"queue":"py","action":"pause","ident":"any"}',
      { action: 'pause', queue: 'py' },
    ],
    [
      'oban-py resumes all queues',
      '{"action": "resume", "queue": "*", "ident": "any"}',
      { action: 'resume', queue: '*' },
    ],
    [
      'Elixir stops a queue of one node',
      '{"action":"stop","ident":"Oban.web.1","queue":"media"}',
      { action: 'stop', queue: 'media' },
    ],
    [
      'Elixir scales, with its other keys and those of Pro',
      '{"action":"scale","queue":"media","limit":3,"ident":"any","local_only":false,"node":"web.1",' +
        '"global_limit":{"allowed":5,"burst":false,"partition":null},"rate_limit":null}',
      { action: 'scale', queue: 'media', limit: 3 },
    ],
    [
      'Oban Web changes only a limit that we do not have',
      '{"action":"scale","queue":"media","global_limit":null,"ident":"any"}',
      { action: 'scale', queue: 'media' },
    ],
    [
      'Elixir starts a queue',
      '{"action":"start","queue":"late","limit":10,"paused":true,"local_only":false,"ident":"any"}',
      { action: 'start', queue: 'late', limit: 10, paused: true },
    ],
    [
      'a start says nothing of a pause',
      '{"action":"start","queue":"late","limit":10,"ident":"any","refresh_interval":60000}',
      { action: 'start', queue: 'late', limit: 10, paused: false },
    ],
    ['a job is cancelled', '{"action":"pkill","job_id":15}', { action: 'pkill', job_id: 15 }],
  ])('understands how %s', (_, payload, signal) => {
    expect(parseSignal(JSON.parse(payload))).toEqual(signal)
  })

  test.each([
    '{"action":"pkill"}',
    '{"action":"pkill","job_id":0}',
    '{"action":"pkill","job_id":1.5}',
    '{"action":"pkill","job_id":"42"}',
    '{"action":"explode","job_id":42}',
    '{"__proto__":{"action":"pkill","job_id":42}}',
    '{"action":"pause"}',
    '{"action":"pause","queue":""}',
    '{"action":"pause","queue":7}',
    '{"action":"scale","queue":"media","limit":0}',
    '{"action":"scale","queue":"media","limit":10001}',
    '{"action":"scale","queue":"media","limit":"5"}',
    '{"action":"start","queue":"late"}',
    '{"action":"start","queue":"late","limit":1e9}',
    '[]',
    'null',
  ])('takes no signal that it does not know: %s', (payload) => {
    expect(parseSignal(JSON.parse(payload))).toBeUndefined()
  })
})

describe('parseOwnSignal', () => {
  test('understands what only nodes of ours say, and bounds the threads', () => {
    const scale = { action: 'scale', queue: 'media', threads: 256 }

    expect(parseOwnSignal({ ...scale, ident: 'any' })).toEqual(scale)
    expect(parseOwnSignal({ ...scale, threads: 257 })).toBeUndefined()
    expect(parseOwnSignal({ action: 'start', queue: 'late', options: 5 })).toBeUndefined()
    expect(parseOwnSignal({ action: 'pause', queue: 'media' })).toBeUndefined()
  })
})

describe('isFor', () => {
  test.each([
    [{ queue: 'media' }, true],
    [{ ident: 'any' }, true],
    [{ ident: 'Oban.web.1' }, true],
    [{ ident: 'Oban.web.2' }, false],
    [{ ident: 'Other.web.1' }, false],
    [{ ident: null }, false],
    [undefined, true],
  ])('says of %j to Oban.web.1: %s', (message, isMeant) => {
    expect(isFor(message, 'Oban.web.1')).toBe(isMeant)
  })
})
