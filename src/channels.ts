/**
 * What nodes say to each other, by subject: `insert`, `signal`, `leader` and `sonar` are Oban's,
 * `gossip`, `metrics` and `cronitor` are Oban Web's, and on `ts` are only nodes of ours.
 */
export type Channel =
  | 'cronitor'
  | 'gossip'
  | 'insert'
  | 'leader'
  | 'metrics'
  | 'signal'
  | 'sonar'
  | 'ts'

/** The channel of a schema, as every implementation names it. */
export function channelName(prefix: string, channel: Channel): string {
  return `${prefix}.oban_${channel}`
}

/**
 * Where a statement announces by itself what it does, with its transaction; null for an isolated
 * instance, whose jobs are found by polling.
 */
export function ridingChannel(
  { prefix, notifier }: { readonly prefix: string; readonly notifier: 'isolated' | 'postgres' },
  channel: Channel,
): string | null {
  return notifier === 'isolated' ? null : channelName(prefix, channel)
}

/** Where somebody waits for answers: a channel of ours, of at most 63 bytes, with the asker's id. */
export function replyChannel(prefix: string, id: string): string {
  return `${channelName(prefix, 'ts')}:${id}`
}
