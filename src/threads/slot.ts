/**
 * The actor `thread/<n>`: a place in a queue's pool with one thread behind it, started with the first
 * job, replaced when it dies or is worn, and ended when it has been idle for long.
 *
 * A death with jobs on the thread is theirs, and costs no restart. A thread that does not come up is
 * tried again, later each time: what `setup()` needs may be away for long. Only a thread that dies
 * without a job crashes the actor.
 */
import { fromProcess, type ProcessScope } from '../../supervisors/index.ts'
import type { AbortCode } from '../job-errors.ts'
import { patience } from '../patience.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import type { ThreadState } from '../queue-state.ts'
import { isOrderly, judge, spare, type Ending } from './blame.ts'
import { Overseer } from './overseer.ts'
import type { Slot } from './pool.ts'
import type { SlotInput } from './slot-input.ts'
import { Thread, type ThreadExit } from './thread.ts'

/** What can be seen of a slot from outside. */
export interface SlotState {
  readonly thread: 'asleep' | 'booting' | 'up'
  /** Threads that have ended here. */
  readonly exits: number
}

/** How long to wait before another thread is tried, when one did not come up. */
const PATIENCE = { firstMs: 100, longestMs: 5_000 }

/** How long the other jobs on a thread may finish once it is to be replaced for one's doing. */
const LAST_CALL_MS = 5_000

/** How long a thread without jobs may take to tear down; its supervisor waits a little longer. */
const TEARDOWN_MS = 3_000

type SlotScope = ProcessScope<never, SlotState, SlotInput>

class ThreadSlot implements Slot {
  readonly #scope: Pick<SlotScope, 'fail' | 'input' | 'set'>
  /** Threads that take no more, but may finish what they have; and why. */
  readonly #retiring = new Map<Thread, Ending>()
  #unsent: Run[] = []
  #current: Thread | undefined
  /** Takes over when it is up, from a thread that is worn. */
  #successor: Thread | undefined
  #stopping: Promise<void> | undefined
  readonly #overseer: Overseer
  /** Threads in a row that did not come up. After one, its alarm is set until the next is tried. */
  readonly #boots = { failures: 0 }
  /** What has ended here so far. */
  readonly #ended = { jobs: 0, threads: 0 }

  constructor(scope: Pick<SlotScope, 'fail' | 'input' | 'set'>) {
    this.#scope = scope
    this.#overseer = new Overseer(scope.input, {
      threadOf: (run) => this.#threadOf(run),
      onOffence: (thread, ending) => {
        this.#evict(thread, ending)
      },
    })
  }

  get thread(): number {
    return Number(this.#input.thread.data.thread)
  }

  get load(): number {
    return this.#unsent.length + (this.#current?.load ?? 0)
  }

  /** A thread gets runs when it is up: until then they can be taken back. */
  post(runs: readonly Run[]): void {
    if (this.#current?.isUp) {
      this.#give(this.#current, runs)
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
    const thread = this.#threadOf(run)
    if (thread === undefined) return
    thread.abort(run, code)
    // A stop has a grace of its own, at whose end every thread goes.
    if (code !== 'OBAN_SHUTDOWN') this.#overseer.insist(run)
  }

  renewed(): void {
    for (const thread of this.#threads()) thread.renewed()
  }

  look(): ThreadState {
    const { jobs, threads: exits } = this.#ended
    const runs = [...this.#unsent, ...this.#threads().flatMap((thread) => thread.runs)]
    const running = runs.map(({ job }) => Number(job.id))
    const place = { thread: this.thread, running, jobs, exits }
    if (this.#current === undefined) return { ...place, state: 'asleep' }
    if (!this.#current.isUp) return { ...place, state: 'booting' }

    return { ...place, state: 'up', ...this.#current.look() }
  }

  handBack(): void {
    const unsent = this.#unsent
    this.#unsent = []
    this.#settled(spare(unsent))
  }

  /** End every thread; resolves when they are gone and what they ran is handed back. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()

    return this.#stopping
  }

  async #stop(): Promise<void> {
    // First of all: what is handed back here must not be dispatched to this very slot.
    this.#input.pool.detach(this)
    for (const thread of this.#threads()) this.#end(thread, 'stopped')
    this.handBack()
    await Promise.all(this.#threads().map((thread) => thread.gone))
    this.#input.alarms.clear(this)
    this.#input.alarms.clear(this.#boots)
    this.#input.alarms.rest()
  }

  get #input(): SlotInput {
    return this.#scope.input
  }

  #give(thread: Thread, runs: readonly Run[]): void {
    thread.post(runs)
    this.#overseer.attend(thread)
  }

  #threads(): Thread[] {
    const serving = [this.#current, this.#successor].filter((thread) => thread !== undefined)

    return [...serving, ...this.#retiring.keys()]
  }

  #threadOf(run: Run): Thread | undefined {
    return this.#threads().find((thread) => thread.has(run))
  }

  #show(thread: SlotState['thread']): void {
    this.#scope.set((state) => ({ ...state, thread }))
  }

  #settled(items: readonly Settled[]): void {
    for (const { run, outcome } of items) {
      this.#input.alarms.clear(run)
      if (outcome.kind !== 'interrupted') this.#ended.jobs += 1
    }
    this.#input.pool.settled(this, items)
  }

  /** Waits for its turn; by then there may be a thread, or nothing to do. */
  async #boot(isNeeded = () => !this.#current && this.#unsent.length > 0): Promise<void> {
    try {
      await this.#input.boots.add(
        () =>
          new Promise<void>((resolve) => {
            if (this.#stopping || this.#isResting || !isNeeded()) resolve()
            else this.#start(resolve)
          }),
      )
    } catch (error) {
      // The system has no room for another thread.
      this.#scope.fail(error)
    }
  }

  get #isResting(): boolean {
    return this.#input.alarms.has(this.#boots)
  }

  /** A thread did not come up. What waits for it goes back, and the next is tried after a while. */
  #rest(): void {
    this.#boots.failures += 1
    this.#input.alarms.set(this.#boots, patience(this.#boots.failures, PATIENCE), () => {
      void this.#boot()
    })
    if (!this.#current) this.handBack()
  }

  /** Start a thread: in an empty place, or as the successor of the one that is there. */
  #start(onUp: () => void): void {
    const { alarms, bootMs, onFailure, thread: options } = this.#input
    const thread: Thread = new Thread({
      ...options,
      onReady: ({ failures }) => {
        alarms.clear(thread)
        onUp()
        failures.forEach(onFailure)
        this.#isUp(thread)
      },
      onStarted: (run, started) => {
        this.#overseer.watchClock(run, started)
      },
      onSettled: (items) => {
        this.#settled(items)
        this.#afterwards(thread)
      },
      onTainted: () => {
        this.#evict(thread, 'tainted')
      },
      onExit: (exit) => {
        alarms.clear(thread)
        this.#overseer.forget(thread)
        onUp()
        this.#exited(thread, exit)
      },
    })
    alarms.set(thread, bootMs, () => {
      void thread.terminate('overdue')
    })
    if (this.#current) {
      this.#successor = thread

      return
    }
    this.#current = thread
    this.#show('booting')
  }

  #isUp(thread: Thread): void {
    if (this.#successor === thread) {
      const worn = this.#current
      this.#current = thread
      this.#successor = undefined
      if (worn) this.#retire(worn, 'recycled')
    }
    if (this.#current !== thread) return
    this.#boots.failures = 0
    this.#show('up')
    const unsent = this.#unsent
    this.#unsent = []
    if (unsent.length > 0) this.#give(thread, unsent)
    // One that took the place of another may never get a job.
    else this.#watchIdleness(thread)
  }

  /** Some of its jobs have ended. */
  #afterwards(thread: Thread): void {
    const ending = this.#retiring.get(thread)
    if (ending !== undefined) {
      this.#endIfDone(thread, ending)
    } else if (this.#isWorn(thread)) {
      void this.#boot(() => this.#current === thread && this.#successor === undefined)
    } else {
      this.#watchIdleness(thread)
    }
  }

  #watchIdleness(thread: Thread): void {
    const { alarms, idleMs } = this.#input
    if (thread.load > 0 || !Number.isFinite(idleMs)) return
    alarms.set(this, idleMs, () => {
      // Another may have taken its place, and jobs may wait for that one to come up.
      if (this.#current === thread && thread.load === 0) this.#retire(thread, 'idle')
    })
  }

  #isWorn(thread: Thread): boolean {
    const { jobs, bytes } = this.#input.recycle
    const { heapBytes, externalBytes } = thread.memory
    const isWorn = thread.settled >= jobs || heapBytes + externalBytes > bytes

    return isWorn && this.#current === thread && this.#successor === undefined && !this.#isResting
  }

  /** Give a thread no more, and end it once it has nothing left. */
  #retire(thread: Thread, ending: Ending): void {
    if (this.#current === thread) {
      this.#current = undefined
      this.#show('asleep')
    }
    if (this.#successor === thread) this.#successor = undefined
    this.#retiring.set(thread, ending)
    this.#endIfDone(thread, ending)
  }

  /** The same for what a job has done: its place is taken at once, and the rest gets a last call. */
  #evict(thread: Thread, ending: Ending): void {
    const wasCurrent = this.#current === thread
    this.#retire(thread, ending)
    if (wasCurrent) void this.#boot(() => this.#current === undefined)
    if (thread.load === 0) return
    this.#input.alarms.set(thread, LAST_CALL_MS, () => {
      this.#end(thread, ending)
    })
  }

  #endIfDone(thread: Thread, ending: Ending): void {
    const isDone = thread.load === 0 || (ending === 'ignored' && thread.isDoomed)
    if (isDone) this.#end(thread, ending)
  }

  /** End a thread now: by itself if it can be trusted with that, else by force. */
  #end(thread: Thread, ending: Ending): void {
    if (!isOrderly(ending) || !thread.isUp || thread.load > 0) {
      void thread.terminate(ending)

      return
    }
    thread.stop(ending)
    this.#input.alarms.set(thread, TEARDOWN_MS, () => {
      void thread.terminate(ending)
    })
  }

  #exited(thread: Thread, exit: ThreadExit): void {
    const wasRetiring = this.#retiring.delete(thread)
    const wasCurrent = this.#current === thread
    if (wasCurrent) this.#current = undefined
    if (this.#successor === thread) this.#successor = undefined
    this.#ended.threads += 1
    this.#scope.set(({ thread: shown }) => ({
      thread: this.#current ? shown : 'asleep',
      exits: this.#ended.threads,
    }))
    this.#input.onExit(exit)
    this.#settled(judge(exit))
    if (this.#stopping || wasRetiring) return
    if (!exit.booted) this.#rest()
    else if (exit.lost.length === 0) this.#scope.fail(new Error(`a job thread died: ${exit.cause}`))
    else if (wasCurrent) void this.#boot(() => this.#current === undefined)
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
