/**
 * The actor `thread/<n>`: a place in a queue's pool with one thread behind it, started with the first
 * job and replaced when it dies.
 *
 * A death with jobs on the thread is theirs, and costs no restart. One without, or a thread that does
 * not come up, crashes the actor: its supervisor starts it again, later each time.
 */
import type PQueue from 'p-queue'
import { fromProcess } from '../../supervisors/index.ts'
import type { Clock } from '../clock.ts'
import type { Settled } from '../outcome.ts'
import type { Run } from '../tenure.ts'
import { blame, spare } from './blame.ts'
import type { Slot, ThreadPool } from './pool.ts'
import type { AbortCode } from './protocol.ts'
import { Thread, type ThreadExit, type ThreadOptions } from './thread.ts'

export interface SlotInput {
  readonly pool: ThreadPool
  readonly clock: Clock
  /** Threads come up a few at a time: each costs a core for a while. */
  readonly boots: PQueue
  readonly thread: Omit<ThreadOptions, 'onExit' | 'onReady' | 'onSettled' | 'onTainted'>
  readonly onExit: (cause: 'crash' | 'shutdown', error: string | undefined) => void
}

/** How long the other jobs on a thread may finish once one has tainted it. */
const TAINTED_MS = 5_000

class ThreadSlot implements Slot {
  readonly #input: SlotInput
  readonly #fail: (error: Error) => void
  /** Tainted threads, whose other jobs may finish. */
  readonly #retiring = new Set<Thread>()
  #unsent: Run[] = []
  #current: Thread | undefined
  #stopping = false

  constructor(input: SlotInput, fail: (error: Error) => void) {
    this.#input = input
    this.#fail = fail
  }

  get load(): number {
    return this.#unsent.length + (this.#current?.load ?? 0)
  }

  post(runs: readonly Run[]): void {
    if (this.#current) {
      this.#current.post(runs)
    } else {
      this.#unsent.push(...runs)
      this.#boot()
    }
  }

  abort(run: Run, code: AbortCode): void {
    if (this.#unsent.includes(run)) {
      this.#unsent = this.#unsent.filter((unsent) => unsent !== run)
      this.#settled(spare([run]))
    }
    for (const thread of this.#threads()) thread.abort(run, code)
  }

  renewed(): void {
    for (const thread of this.#threads()) thread.renewed()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    const unsent = this.#unsent
    this.#unsent = []
    await Promise.all(this.#threads().map((thread) => thread.terminate('the queue stopped')))
    this.#settled(spare(unsent))
    this.#input.pool.detach(this)
  }

  #threads(): Thread[] {
    return this.#current ? [this.#current, ...this.#retiring] : [...this.#retiring]
  }

  #settled(items: readonly Settled[]): void {
    this.#input.pool.settled(this, items)
  }

  /** Waits for its turn; by then there may be a thread, or nothing to run. */
  #boot(): void {
    void this.#input.boots.add(
      () =>
        new Promise<void>((resolve) => {
          if (this.#current || this.#unsent.length === 0) resolve()
          else this.#start(resolve)
        }),
    )
  }

  #start(onUp: () => void): void {
    const thread = new Thread({
      ...this.#input.thread,
      onReady: onUp,
      onSettled: (items) => {
        this.#settled(items)
        if (thread.load === 0 && this.#retiring.has(thread)) void thread.terminate('tainted')
      },
      onTainted: () => {
        this.#retire(thread)
      },
      onExit: (exit) => {
        onUp()
        this.#exited(thread, exit)
      },
    })
    this.#current = thread
    const unsent = this.#unsent
    this.#unsent = []
    thread.post(unsent)
  }

  #retire(thread: Thread): void {
    if (this.#current !== thread) return
    this.#current = undefined
    this.#retiring.add(thread)
    if (thread.load === 0) {
      void thread.terminate('tainted')
    } else {
      this.#input.clock.after(TAINTED_MS, () => void thread.terminate('tainted'))
    }
  }

  #exited(thread: Thread, { lost, cause, booted }: ThreadExit): void {
    const wasTainted = this.#retiring.delete(thread)
    if (this.#current === thread) this.#current = undefined
    if (this.#stopping) this.#input.onExit('shutdown', undefined)
    else this.#input.onExit('crash', cause)
    const isInnocent = this.#stopping || wasTainted || !booted
    this.#settled(isInnocent ? spare(lost) : blame(lost, cause))
    if (this.#stopping || wasTainted) return
    if (!booted) this.#fail(new Error(`a job thread did not come up: ${cause}`))
    else if (lost.length === 0) this.#fail(new Error(`a job thread died: ${cause}`))
  }
}

export const slot = fromProcess<never, { readonly load: number }, SlotInput>(
  { load: 0 },
  ({ input, fail }) => {
    const place = new ThreadSlot(input, fail)
    input.pool.attach(place)

    return { onShutdown: () => place.stop(), dispose: () => place.stop() }
  },
)
