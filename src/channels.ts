/** The channel of a schema, as every implementation names it; on `ts` are only nodes of ours. */
export function channelName(prefix: string, channel: 'insert' | 'signal' | 'ts'): string {
  return `${prefix}.oban_${channel}`
}
