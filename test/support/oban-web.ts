/** Reads messages as Oban Web and oban-py do, with all that would make them stumble. */
import { gunzipSync } from 'node:zlib'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { z } from 'zod'

/** oban-py: a brace is JSON, all else base64 of gzip; anything more ends its notifier for good. */
export function readPayload(payload: string): unknown {
  if (Buffer.byteLength(payload) > 7_999) throw new Error('PostgreSQL would refuse it')
  if (payload.startsWith('{')) return JSON.parse(payload)
  if (!/^[A-Za-z0-9+/]+=*$/.test(payload)) throw new Error('binascii.Error')

  return JSON.parse(gunzipSync(Buffer.from(payload, 'base64')).toString('utf8'))
}

/** `DateTime.from_iso8601` refuses one without an offset, and the page matches on success. */
const moment = z.iso.datetime({ offset: true, local: false })

export const check = z.strictObject({
  node: z.string().min(1),
  name: z.string().min(1),
  queue: z.string().min(1),
  uuid: z.uuid(),
  limit: z.int().positive(),
  local_limit: z.int().positive(),
  paused: z.boolean(),
  running: z.array(z.int().positive()),
  started_at: moment,
  updated_at: moment,
  shutdown_started_at: moment.optional(),
})

export const gossip = z.strictObject({ checks: z.array(check).min(1) })

const endState = z.enum(['cancelled', 'completed', 'discarded', 'retryable', 'scheduled'])
const state = z.enum([...endState.options, 'available', 'executing', 'suspended'])

/** The keys go through `String.to_integer`, which takes no sign but a minus, and no fraction. */
const sketch = z
  .strictObject({
    data: z.record(z.string().regex(/^\d+$/), z.int().positive()),
    size: z.int().positive(),
  })
  .refine(({ data, size }) => Object.values(data).reduce((sum, count) => sum + count, 0) === size)

/** A gauge of nothing raises. */
const gauge = z.strictObject({ data: z.tuple([z.int().positive()]) })

const labels = { queue: z.string().min(1) }
const ended = { ...labels, state: endState, worker: z.string().min(1) }

const metric = z.discriminatedUnion('series', [
  z.strictObject({ series: z.enum(['exec_time', 'wait_time']), ...ended, value: sketch }),
  z.strictObject({ series: z.literal('exec_count'), ...ended, value: gauge }),
  z.strictObject({ series: z.literal('full_count'), ...labels, state, value: gauge }),
])

export const metrics = z.strictObject({
  metrics: z.array(metric).min(1),
  name: z.string().min(1),
  node: z.string().min(1),
  time: z.int().min(1_000_000_000).max(9_999_999_999),
})

/** Its name joins an entry with its jobs; the parser of the expression raises. */
const cron = z.tuple([
  z.string().regex(/^(@[a-z]+|[^\s]+( [^\s]+){4})$/),
  z.string().min(1),
  z.strictObject({
    name: z.string().min(1),
    timezone: z.string().min(1),
    args: z.record(z.string(), z.unknown()).optional(),
    queue: z.string().optional(),
    priority: z.int().min(0).max(9).optional(),
    max_attempts: z.int().positive().optional(),
    tags: z.array(z.string()).optional(),
    guaranteed: z.literal(true).optional(),
  }),
])

export const cronitor = z.strictObject({
  crontab: z.array(cron).min(1),
  name: z.string().min(1),
  node: z.string().min(1),
})

export type WebCrontab = z.infer<typeof cronitor>
export type WebCheck = z.infer<typeof check>
export type WebMetrics = z.infer<typeof metrics>
export type WebSketch = z.infer<typeof sketch>

/** What Oban Web shows for a share of the values, of the sketches of all nodes together. */
export function quantile(sketches: readonly WebSketch[], share: number): number {
  const gamma = 1.02 / 0.98
  const bins = new Map<number, number>()
  for (const { data } of sketches) {
    for (const [bin, count] of Object.entries(data)) {
      bins.set(Number(bin), (bins.get(Number(bin)) ?? 0) + count)
    }
  }
  const size = sketches.reduce((sum, each) => sum + each.size, 0)
  let seen = 0
  for (const [bin, count] of [...bins].toSorted(([one], [other]) => one - other)) {
    seen += count
    if (seen >= size * share) return (2 * gamma ** bin) / (gamma + 1)
  }

  return Number.NaN
}

/** Listen as Oban Web: each message is read strictly, and what is wrong with one fails the test. */
export async function listenAsWeb(url: string, prefix = 'public') {
  const client = new Client({ connectionString: url })
  const checks: WebCheck[] = []
  const received: WebMetrics[] = []
  const crontabs: WebCrontab[] = []
  const wrong: unknown[] = []
  const watchers = new Set<() => void>()
  client.on('notification', ({ channel, payload = '' }) => {
    try {
      const message = readPayload(payload)
      if (channel === `${prefix}.oban_gossip`) checks.push(...gossip.parse(message).checks)
      else if (channel === `${prefix}.oban_cronitor`) crontabs.push(cronitor.parse(message))
      else received.push(metrics.parse(message))
    } catch (error) {
      wrong.push(error)
    }
    for (const watcher of watchers) watcher()
  })
  await client.connect()
  onTestFinished(() => client.end())
  for (const name of ['gossip', 'metrics', 'cronitor'])
    await client.query(`LISTEN "${prefix}.oban_${name}"`)

  return {
    checks,
    crontabs,
    wrong,
    metrics: received,
    /** Resolves when the messages so far pass. */
    until: (test: () => boolean) =>
      new Promise<void>((resolve) => {
        const watcher = () => {
          if (!test()) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
      }),
    /** The metrics of a series, of all messages so far. */
    series: (name: string) =>
      received.flatMap((message) => message.metrics.filter(({ series }) => series === name)),
  }
}
