/** The channel of a schema, as every implementation names it; on `ts` are only nodes of ours. */
export function channelName(prefix: string, channel: 'insert' | 'signal' | 'ts'): string {
  return `${prefix}.oban_${channel}`
}

/** Where somebody waits for answers: a channel of ours, of at most 63 bytes, with the asker's id. */
export function replyChannel(prefix: string, id: string): string {
  return `${channelName(prefix, 'ts')}:${id}`
}
