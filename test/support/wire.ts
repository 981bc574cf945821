/** What goes over every channel of a schema, and the encodings of three languages. */
import { gzipSync } from 'node:zlib'
import { connectTo } from './database.ts'

/** Every channel that Oban, Oban Web or a node of ours knows. */
const CHANNELS = [
  'insert',
  'signal',
  'leader',
  'sonar',
  'gossip',
  'metrics',
  'cronitor',
  'handoff',
  'diagnostics',
  'diagnostics_reply',
] as const

export type WireChannel = (typeof CHANNELS)[number]

const packed = (message: object) => gzipSync(JSON.stringify(message)).toString('base64')

/** Who writes a message how. */
export const encodings: readonly { who: string; encode: (message: object) => string }[] = [
  { who: 'plain, as Elixir writes what is short', encode: (message) => JSON.stringify(message) },
  { who: 'behind Z:, as Elixir writes what is long', encode: (message) => `Z:${packed(message)}` },
  { who: 'bare, as oban-py writes everything', encode: packed },
]

/** Listen to all channels, and send to any. */
export async function tapWire(url: string, prefix = 'public') {
  const client = await connectTo(url)
  const heard: { readonly channel: string; readonly payload: string }[] = []
  const watchers = new Set<() => void>()
  client.on('notification', ({ channel, payload = '' }) => {
    heard.push({ channel: channel.slice(`${prefix}.oban_`.length), payload })
    for (const watcher of watchers) watcher()
  })
  for (const channel of CHANNELS) await client.query(`LISTEN "${prefix}.oban_${channel}"`)
  const of = (channel: WireChannel) =>
    heard.filter((each) => each.channel === channel).map(({ payload }) => payload)

  return {
    heard,
    of,
    /** Resolves when a channel has had so many messages. */
    count: (channel: WireChannel, count: number) =>
      new Promise<void>((resolve) => {
        const watcher = () => {
          if (of(channel).length < count) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
      }),
    send: async (channel: WireChannel | 'ts', payload: string) => {
      await client.query('SELECT pg_notify($1, $2)', [`${prefix}.oban_${channel}`, payload])
    },
    query: (text: string, values: unknown[] = []) => client.query(text, values),
  }
}
