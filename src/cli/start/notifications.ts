/** Says what a node does without when notifications do not reach it. */
import { attach } from '../../telemetry/channels.ts'
import { banner } from '../../telemetry/words.ts'
import type { Announce } from './announcer.ts'

export interface Watched {
  readonly instance: string
  readonly announce: Announce
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
export function watchNotifications({ instance, announce }: Watched): () => void {
  const detach = attach(['query.failed'], (event) => {
    if (event.instance !== instance || event.source !== 'notifier') return
    detach()
    const first = `warning: notifications do not arrive (${banner(event.error)});`
    announce('warn', 'node.polls', [first, ...LOST].join('\n'))
  })

  return detach
}
