/** Runs one node for as long as the process is to live, and tells how it is. */
import { once } from 'node:events'
import type { ObanOptions } from '../../config/options.ts'
import { StoppedError } from '../../errors.ts'
import type { Health } from '../../health.ts'
import { Oban } from '../../oban.ts'
import { banner } from '../../telemetry/words.ts'
import { InterruptedError } from '../command.ts'
import type { Interruption } from '../interruption.ts'
import type { HealthAddress } from '../settings/health.ts'
import type { Announce } from './announcer.ts'
import type { HealthServer, HealthSource, Phase } from './health-server.ts'
import { watchNotifications } from './notifications.ts'

export interface Means {
  readonly options: ObanOptions
  /** Where to answer an orchestrator; undefined for nowhere. */
  readonly health: HealthAddress | undefined
  readonly interruption: Interruption
  readonly announce: Announce
}

/**
 * Run an instance until it is interrupted, which is a good end, or has given up, which is not. An
 * interruption ends a start that waits for its database, too.
 */
export async function runNode({ options, health, interruption, announce }: Means): Promise<void> {
  const gaveUp = new AbortController()
  const ending = AbortSignal.any([interruption.signal, gaveUp.signal])
  const oban = new Oban({
    ...options,
    onFatal: (error) => {
      gaveUp.abort(new Error(`the node gave up: ${banner(error)}`, { cause: error }))
      options.onFatal?.(error)
    },
  })
  let up: 'running' | 'starting' = 'starting'
  const phase = (): Phase => {
    if (gaveUp.signal.aborted) return 'failed'

    return interruption.signal.aborted ? 'stopping' : up
  }
  const unwatch = watchNotifications({ instance: oban.name, announce })
  interruption.signal.addEventListener('abort', () => {
    // Awaited below, where everybody shares one promise.
    void oban.stop()
  })
  let server: HealthServer | undefined
  try {
    // Before the start, which may take long: it is alive meanwhile.
    server = await answerAt(health, { phase, health: () => oban.health() }, announce)
    if (await hasStarted(oban, interruption)) {
      const now = await oban.health()
      up = 'running'
      announce('info', 'node.up', readyLine(now), factsOf(now))
      if (!ending.aborted) await once(ending, 'abort')
      if (!(ending.reason instanceof InterruptedError)) throw ending.reason
    }
  } finally {
    unwatch()
    await oban.stop()
    await server?.close()
  }
}

/** Loaded by those only who ask for it. */
async function answerAt(
  address: HealthAddress | undefined,
  source: HealthSource,
  announce: Announce,
): Promise<HealthServer | undefined> {
  if (address === undefined) return undefined
  const { serveHealth } = await import('./health-server.ts')
  const server = await serveHealth(address, source)
  announce('info', 'node.answers', `answers /live, /ready and /health at ${server.url}`, {
    url: server.url,
  })

  return server
}

/** False when it was interrupted before it was up. */
async function hasStarted(oban: Oban, { signal }: Interruption): Promise<boolean> {
  try {
    await oban.start()
  } catch (error) {
    if (!(error instanceof StoppedError && signal.aborted)) throw error
  }

  return !signal.aborted
}

function readyLine({ instance, node, queues }: Health): string {
  const named = queues.map(({ queue, limit }) => `${queue} ${limit}`).join(', ')
  const what = named === '' ? 'no queues: it stages nothing, but may lead' : `queues: ${named}`

  return `node ${node} of ${instance} is up (process ${process.pid}); ${what}`
}

function factsOf({ instance, node, queues }: Health): Readonly<Record<string, unknown>> {
  const limits = Object.fromEntries(queues.map(({ queue, limit }) => [queue, limit]))

  return { instance, node, pid: process.pid, queues: limits }
}
