/** The channel of a schema, as every implementation names it. */
export function channelName(prefix: string, channel: 'insert' | 'signal'): string {
  return `${prefix}.oban_${channel}`
}
