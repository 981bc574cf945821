/**
 * Answers those who ask what this node is doing. Nobody asks, nothing is published, nobody pays.
 *
 * However many ask, a portrait is made at most four times a second; those who ask meanwhile wait for the
 * next, and share it.
 */
import { replyChannel } from '../../channels.ts'
import type { Clock } from '../../clock.ts'
import { notify } from '../../engine/jobs.ts'
import type { NodePortrait, ProcessFacts } from '../../notifier/portrait.ts'
import { encodeAnswer, type PortraitRequest } from '../../notifier/answers.ts'
import { checkQueue } from '../queues/queue-state.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'

/** Least time between two portraits, in milliseconds. */
const REST_MS = 250

/** Most who share one; others ask again. */
const MOST_ASKERS = 8

export interface PortraitistInput {
  /** The name of this node. */
  readonly node: string
  readonly clock: Pick<Clock, 'after'>
  /** Make a portrait and send it to each of them. */
  readonly send: (askers: readonly string[]) => Promise<void>
  readonly onFailed: (error: unknown) => void
}

export class Portraitist {
  readonly #input: PortraitistInput
  readonly #askers = new Set<string>()
  #phase: 'idle' | 'resting' | 'sending' | 'stopped' = 'idle'
  #cancelRest: (() => void) | undefined

  constructor(input: PortraitistInput) {
    this.#input = input
  }

  /** Somebody asks for this node, or for all. */
  ask({ node, reply }: PortraitRequest): void {
    if (node !== undefined && node !== this.#input.node) return
    if (this.#phase === 'stopped' || this.#askers.size >= MOST_ASKERS) return
    this.#askers.add(reply)
    if (this.#phase === 'idle') void this.#answer()
  }

  /** Answer nobody any more. */
  stop(): void {
    this.#phase = 'stopped'
    this.#askers.clear()
    this.#cancelRest?.()
  }

  async #answer(): Promise<void> {
    const askers = [...this.#askers]
    this.#askers.clear()
    this.#phase = 'sending'
    try {
      await this.#input.send(askers)
    } catch (error) {
      if (!this.#isStopped()) this.#input.onFailed(error)
    }
    if (this.#isStopped()) return
    this.#phase = 'resting'
    this.#cancelRest = this.#input.clock.after(REST_MS, () => {
      this.#phase = 'idle'
      if (this.#askers.size > 0) void this.#answer()
    })
  }

  /** It may have been stopped while the answer was on its way. */
  #isStopped(): boolean {
    return this.#phase === 'stopped'
  }
}

/** Answers for a node, until it is stopped. */
export function portraitist(runtime: Runtime): Portraitist {
  return new Portraitist({
    node: runtime.config.node,
    clock: runtime.clock,
    send: (askers) => send(runtime, askers),
    onFailed: (error) => {
      reportFailure(runtime.origin, 'portrait', error)
    },
  })
}

/**
 * On the connection that fetches: heartbeats and acknowledgements must not wait behind an answer, the
 * one for rescues may wait for locks, and a fetch can wait for some milliseconds.
 */
async function send(runtime: Runtime, askers: readonly string[]): Promise<void> {
  const { config, connections } = runtime
  const payloads = await encodeAnswer(portray(runtime))
  for (const asker of askers) {
    await notify(connections.stage, replyChannel(config.prefix, asker), payloads)
  }
}

function portray(runtime: Runtime): NodePortrait {
  const { clock, config, queues } = runtime

  return {
    instance: config.name,
    node: config.node,
    at: clock.now(),
    process: processFacts(),
    queues: [...queues.keys()].flatMap((name) => {
      const state = checkQueue(runtime, name)
      if (state === undefined) return []

      const { instance: _, shutdownStartedAt: __, updatedAt: ___, ...shown } = state

      return [{ ...shown, prefetched: state.prefetched.length }]
    }),
    tree: runtime.describe(),
  }
}

function processFacts(): ProcessFacts {
  const { user, system } = process.cpuUsage()

  return {
    pid: process.pid,
    uptimeSeconds: process.uptime(),
    memoryBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1_000_000,
    nodeVersion: process.versions.node,
  }
}
