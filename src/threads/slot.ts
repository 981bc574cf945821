/**
 * The actor `thread/<n>`: a place in a queue's pool with one thread behind it, started with the first
 * job and replaced when it dies.
 *
 * A death with jobs on the thread is theirs, and costs no restart. One without, or a thread that does
 * not come up, crashes the actor: its supervisor starts it again, later each time.
 */
import type PQueue from 'p-queue'
import { fromProcess, type ProcessScope } from '../../supervisors/index.ts'
import type { Clock } from '../clock.ts'
import type { AbortCode } from '../job-errors.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import type { ThreadState } from '../queue-state.ts'
import { blame, spare } from './blame.ts'
import type { Slot, ThreadPool } from './pool.ts'
import { BOOT_MS } from './spawn.ts'
import { Thread, type ThreadExit, type ThreadOptions } from './thread.ts'

export interface SlotInput {
  readonly pool: ThreadPool
  readonly clock: Clock
  /** Threads come up a few at a time: each costs a core for a while. */
  readonly boots: PQueue
  readonly thread: Omit<ThreadOptions, 'onExit' | 'onReady' | 'onSettled' | 'onTainted'>
  readonly onExit: (cause: 'crash' | 'shutdown', error: string | undefined) => void
}

/** What can be seen of a slot from outside. */
export interface SlotState {
  readonly thread: 'asleep' | 'booting' | 'up'
  /** Threads that have ended here. */
  readonly exits: number
}

/** How long the other jobs on a thread may finish once one has tainted it, in milliseconds. */
const TAINTED_MS = 5_000

type SlotScope = ProcessScope<never, SlotState, SlotInput>

class ThreadSlot implements Slot {
  readonly #input: SlotInput
  readonly #fail: (error: unknown) => void
  readonly #publish: (change: (state: SlotState) => SlotState) => void
  /** Tainted threads, whose other jobs may finish, each with what calls off its end. */
  readonly #retiring = new Map<Thread, () => void>()
  #unsent: Run[] = []
  #current: Thread | undefined
  #stopping: Promise<void> | undefined
  #state: SlotState['thread'] = 'asleep'
  #jobs = 0
  #exits = 0

  constructor({ input, fail, set }: Pick<SlotScope, 'fail' | 'input' | 'set'>) {
    this.#input = input
    this.#fail = fail
    this.#publish = set
  }

  get thread(): number {
    return Number(this.#input.thread.data.thread)
  }

  get load(): number {
    return this.#unsent.length + (this.#current?.load ?? 0)
  }

  post(runs: readonly Run[]): void {
    if (this.#current) {
      this.#current.post(runs)
    } else {
      this.#unsent.push(...runs)
      void this.#boot()
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

  look(): ThreadState {
    const runs = [...this.#unsent, ...this.#threads().flatMap((thread) => thread.runs)]

    return {
      thread: this.thread,
      state: this.#state,
      running: runs.map(({ job }) => Number(job.id)),
      jobs: this.#jobs,
      exits: this.#exits,
    }
  }

  /** End every thread; resolves when they are gone and what they ran is handed back. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()

    return this.#stopping
  }

  async #stop(): Promise<void> {
    // First of all: what is handed back here must not be dispatched to this very slot.
    this.#input.pool.detach(this)
    const unsent = this.#unsent
    this.#unsent = []
    const gone = this.#threads().map((thread) => thread.terminate('the queue stopped'))
    this.#settled(spare(unsent))
    await Promise.all(gone)
  }

  #threads(): Thread[] {
    const retiring = [...this.#retiring.keys()]

    return this.#current ? [this.#current, ...retiring] : retiring
  }

  #show(thread: SlotState['thread']): void {
    this.#state = thread
    this.#publish(() => ({ thread, exits: this.#exits }))
  }

  #settled(items: readonly Settled[]): void {
    this.#jobs += items.filter(({ outcome }) => outcome.kind !== 'interrupted').length
    this.#input.pool.settled(this, items)
  }

  /** Waits for its turn; by then there may be a thread, or nothing to run. */
  async #boot(): Promise<void> {
    try {
      await this.#input.boots.add(
        () =>
          new Promise<void>((resolve) => {
            if (this.#current || this.#unsent.length === 0) resolve()
            else this.#start(resolve)
          }),
      )
    } catch (error) {
      // The system has no room for another thread.
      this.#fail(error)
    }
  }

  #start(onUp: () => void): void {
    const { clock, thread: options } = this.#input
    const ended = (): void => {
      callOff()
      onUp()
    }
    const thread = new Thread({
      ...options,
      onReady: () => {
        ended()
        if (this.#current === thread) this.#show('up')
      },
      onSettled: (items) => {
        this.#settled(items)
        if (thread.load === 0 && this.#retiring.has(thread)) void thread.terminate('tainted')
      },
      onTainted: () => {
        this.#retire(thread)
      },
      onExit: (exit) => {
        ended()
        this.#exited(thread, exit)
      },
    })
    const callOff = clock.after(BOOT_MS, () => {
      void thread.terminate(`its modules did not load within ${BOOT_MS} ms`)
    })
    this.#current = thread
    this.#show('booting')
    const unsent = this.#unsent
    this.#unsent = []
    thread.post(unsent)
  }

  #retire(thread: Thread): void {
    if (this.#current !== thread) return
    this.#current = undefined
    this.#show('asleep')
    const end = () => void thread.terminate('tainted')
    this.#retiring.set(thread, this.#input.clock.after(TAINTED_MS, end))
    if (thread.load === 0) end()
  }

  #exited(thread: Thread, { lost, cause, booted }: ThreadExit): void {
    this.#retiring.get(thread)?.()
    const wasTainted = this.#retiring.delete(thread)
    if (this.#current === thread) this.#current = undefined
    this.#exits += 1
    this.#show(this.#current ? this.#state : 'asleep')
    const isOurDoing = this.#stopping !== undefined
    if (isOurDoing) this.#input.onExit('shutdown', undefined)
    else this.#input.onExit('crash', cause)
    this.#settled(isOurDoing || wasTainted || !booted ? spare(lost) : blame(lost, cause))
    if (isOurDoing || wasTainted) return
    if (!booted) this.#fail(new Error(`a job thread did not come up: ${cause}`))
    else if (lost.length === 0) this.#fail(new Error(`a job thread died: ${cause}`))
  }
}

export const slot = fromProcess<never, SlotState, SlotInput>(
  { thread: 'asleep', exits: 0 },
  (scope) => {
    const place = new ThreadSlot(scope)
    scope.input.pool.attach(place)

    return { onShutdown: () => place.stop(), dispose: () => place.stop() }
  },
)
