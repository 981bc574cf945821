/** What anybody may do who can send notifications: as many as they like, of whatever they like. */
import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { channelName, type Channel } from '../../src/channels.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_leaders'))

const COUNT = 10_000
const numbers = Array.from({ length: COUNT }, (_, number) => number)

/** Equal ones of one transaction would arrive once. */
const floods: readonly [what: string, channel: Channel, payload: (number: number) => string][] = [
  ['words', 'signal', (n) => `hello ${n} ${'x'.repeat(500)}`],
  ['deep JSON', 'signal', (n) => `{"n":${n},"x":${'['.repeat(500)}${']'.repeat(500)}}`],
  ['what unpacks to megabytes', 'signal', (n) => bomb(5_000_000, n)],
  ['what unpacks to as much as is read', 'signal', (n) => bomb(60_000, n)],
  ['pings of ever new nodes', 'sonar', (n) => JSON.stringify({ node: `${'x'.repeat(200)}${n}` })],
  ['inserts', 'insert', (n) => JSON.stringify({ queue: 'busy', n })],
  ['inserts for queues of others', 'insert', (n) => JSON.stringify({ queue: `queue ${n}` })],
  ['pauses and resumes', 'signal', (n) => toggle(n)],
  ['scales', 'signal', (n) => signal({ action: 'scale', queue: 'busy', limit: 1 + (n % 9_999) })],
  ['cancelled jobs', 'signal', (n) => signal({ action: 'pkill', job_id: 1_000_000 + n })],
  [
    'starts that cannot be',
    'ts',
    (n) => signal({ action: 'start', queue: `q${n}`, options: { n } }),
  ],
  ['resignations', 'ts', (n) => JSON.stringify({ action: 'resign', name: 'Oban', n })],
  ['requests', 'ts', (n) => JSON.stringify({ action: 'portrait', reply: idOf(n) })],
  ['wishes', 'ts', (n) => JSON.stringify({ action: 'await', reply: idOf(n), ids: wished(n) })],
  [
    'prototypes',
    'ts',
    (n) => `{"__proto__":{"polluted":${n}},"action":"start","queue":"__proto__"}`,
  ],
]

const bombs = new Map<number, string>()

/** JSON that compresses well, and differs by what is read over behind the end of gzip. */
function bomb(bytes: number, number: number): string {
  const packed = bombs.get(bytes) ?? gzipSync(`[${'0,'.repeat(bytes / 2)}0]`).toString('base64')
  bombs.set(bytes, packed)

  return `${packed.replace(/=+$/, '')}!${number}`
}

function toggle(number: number): string {
  return signal({ action: number % 2 === 0 ? 'pause' : 'resume', queue: 'busy', number })
}

function signal(message: object): string {
  return JSON.stringify({ ident: 'any', ...message })
}

function idOf(number: number): string {
  return number.toString(16).padStart(8, '0')
}

function wished(number: number): number[] {
  return Array.from({ length: 400 }, (_, index) => number * 400 + index + 1)
}

describe('a flood', () => {
  test.each(floods)(
    'of 10,000 %s holds up no job of the node, nor fills it',
    async (_, to, make) => {
      const { oban, told } = await startOban({
        database: database.url,
        name: 'Oban',
        workers: [workerModule],
        queues: { busy: 1, other: { limit: 1, execution: 'inline' } },
      })
      await told.hears()
      const first = await oban.enqueue('Echo', {}, { queue: 'other' })
      await told.ended(first.id)
      const delays = monitorEventLoopDelay({ resolution: 10 })
      delays.enable()
      const memoryBefore = process.memoryUsage().heapUsed
      await database.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [
        channelName('public', to),
        numbers.map(make),
      ])
      const { id } = await oban.enqueue('Echo', {}, { queue: 'other' })
      await told.ended(id)
      // Behind the flood on the same connection.
      const last = `end-${randomBytes(4).toString('hex')}`
      await oban.startQueue(last, { limit: 1, execution: 'inline' })
      await database.query('SELECT pg_notify($1, $2)', [
        channelName('public', 'signal'),
        signal({ action: 'pause', queue: last }),
      ])
      await told.until('queue.change', ({ queue, paused }) => queue === last && paused)
      delays.disable()
      const grownMb = (process.memoryUsage().heapUsed - memoryBefore) / 2 ** 20
      // A node is declared dead when its heartbeat is late by 15 s.
      expect(delays.max / 1e6).toBeLessThan(5_000)
      expect(grownMb).toBeLessThan(150)
      expect(told.all('query.failed')).toEqual([])
      expect(told.all('supervisor.report')).toEqual([])
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
      expect(oban.checkAllQueues().map(({ queue }) => queue)).toEqual(['busy', 'other', last])
    },
    120_000,
  )
})

/** A node that keeps commands of others: this second is used up. */
async function flooded() {
  const node = await startOban({
    database: database.url,
    workers: [workerModule],
    queues: {
      busy: 1,
      media: { limit: 1, execution: 'inline' },
      other: { limit: 1, execution: 'inline' },
      last: { limit: 1, execution: 'inline' },
    },
    // Jobs are found by what is heard.
    stager: { interval: 'infinity' },
  })
  await node.told.hears()
  const commands = numbers.slice(0, 600).map((n) => toggle(n))
  const send = async (queue: string) => {
    const pause = signal({ action: 'pause', queue })
    await database.query(
      'SELECT pg_notify($1, payload) FROM unnest($2::text[]) WITH ORDINALITY AS c (payload, n) ORDER BY n',
      [channelName('public', 'signal'), [...commands.splice(0), pause]],
    )
  }
  /** Whatever was sent before has been heard: on the same connection, and not kept. */
  const heard = async () => {
    const { id } = await node.oban.enqueue('Echo', {}, { queue: 'other' })
    await node.told.ended(id)
  }
  /** Whatever was kept has been done. */
  const released = async () => {
    await send('last')
    await node.told.until('queue.change', ({ queue, paused }) => queue === 'last' && paused)
  }
  const stateOf = (queue: string) => node.oban.checkQueue(queue)?.paused

  return { ...node, heard, released, send, stateOf }
}

describe('what this node says after a command of another', () => {
  test.each(['media', '*'])('holds although that is kept: to all nodes (%s)', async (queue) => {
    const { oban, released, send, stateOf } = await flooded()
    await send(queue)
    await oban.resumeQueue('media')
    await released()

    expect(stateOf('media')).toBe(false)
    expect(stateOf('busy')).toBe(queue === '*')
  })

  test('holds although that is kept: to this node alone', async () => {
    const { heard, oban, released, send, stateOf } = await flooded()
    await send('media')
    await heard()
    await oban.resumeQueue('media', { localOnly: true })
    await released()

    expect(stateOf('media')).toBe(false)
  })

  test('does not hold against one that comes later', async () => {
    const { heard, oban, released, send, stateOf } = await flooded()
    await send('other')
    await oban.resumeQueue('media')
    await heard()
    await send('media')
    await released()

    expect(stateOf('media')).toBe(true)
  })
})
