/** Says what a node does without when notifications do not reach it. */
import { attach } from '../../telemetry/channels.ts'
import { banner } from '../../telemetry/words.ts'

export interface Watched {
  readonly instance: string
  /** Write a line. */
  readonly warn: (line: string) => void
}

const LOST = [
  'until they do, this node works by polling:',
  '  jobs that others enqueue start within a second (stager.interval), not within milliseconds;',
  '  a running job hears within 5 s that it was cancelled; a new leader takes over within 30 s;',
  '  commands of other nodes (pause, scale, start and stop of queues) and `oban tree` do not reach it.',
  'if a pooler in transaction mode stands between (PgBouncer), give the URL of the server itself as',
  '--listen-url, OBAN_LISTEN_URL, or database.listen in the file.',
] as const

/**
 * Tell once that notifications do not arrive, why, and what follows.
 *
 * @returns ends the watch
 */
export function watchNotifications({ instance, warn }: Watched): () => void {
  const detach = attach(['query.failed'], (event) => {
    if (event.instance !== instance || event.source !== 'notifier') return
    detach()
    warn(`warning: notifications do not arrive (${banner(event.error)});`)
    for (const line of LOST) warn(line)
  })

  return detach
}
