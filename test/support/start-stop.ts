/** What every actor has to stand: to be started and stopped over and over, and to leave nothing. */
import { createHook } from 'node:async_hooks'
import { SimulatedClock, type AnyActorRef } from 'xstate'
import { expect } from 'vitest'

/** Resources that keep something alive or could act later, by Node.js' own names. */
const WATCHED = new Set(['MESSAGEPORT', 'PIPEWRAP', 'TCPWRAP', 'Timeout', 'WORKER'])

/** How long handles that were closed may take to finish closing, in milliseconds. */
const CLOSING_MS = 5_000

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function listenerCount(): number {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
}

interface Resources {
  /** What is left once handles that were closed have finished closing; the watch is over then. */
  readonly settled: () => Promise<string[]>
}

/** Note what is made and not let go again from now on. */
export function watchResources(): Resources {
  const alive = new Map<number, string>()
  const hook = createHook({
    init(id, type) {
      if (WATCHED.has(type)) alive.set(id, type)
    },
    destroy(id) {
      alive.delete(id)
    },
  }).enable()

  return {
    settled: async () => {
      const deadlineMs = performance.now() + CLOSING_MS
      while (alive.size > 0 && performance.now() < deadlineMs) await turn()
      hook.disable()

      return [...alive.values()]
    },
  }
}

type Stop = () => Promise<unknown> | undefined

/** Start and stop `times` times; afterwards no timer, socket, thread, port or listener is left. */
export async function startStopStress(start: () => Promise<Stop> | Stop, times = 100) {
  // What the first start loads and caches is not a leak.
  await (
    await start()
  )()
  await turn()
  const listeners = listenerCount()
  const resources = watchResources()
  for (let time = 0; time < times; time += 1) await (await start())()
  const left = await resources.settled()
  expect({ left, listeners: listenerCount() }).toEqual({ left: [], listeners })
}

/** A simulated clock that knows how many timers are set. */
export class CountingClock extends SimulatedClock {
  readonly #pending = new Set<number>()

  get pending(): number {
    return this.#pending.size
  }

  override setTimeout(callback: (...params: unknown[]) => void, delayMs: number): number {
    const id = super.setTimeout(() => {
      this.#pending.delete(id)
      callback()
    }, delayMs)
    this.#pending.add(id)

    return id
  }

  override clearTimeout(id: number): void {
    this.#pending.delete(id)
    super.clearTimeout(id)
  }
}

/** The same for an actor on a simulated clock: asked to stop, and by force, early and late. */
export async function stressActor(start: (clock: CountingClock) => AnyActorRef): Promise<void> {
  const clock = new CountingClock()
  let round = 0
  await startStopStress(() => {
    const actor = start(clock)
    round += 1
    const [isAsked, isLate] = [round % 2 === 0, round % 4 > 1]

    return async () => {
      if (isLate) await turn()
      if (isAsked) actor.send({ type: 'sup.shutdown', reason: 'test' })
      await turn()
      actor.stop()
    }
  })
  expect(clock.pending).toBe(0)
}
