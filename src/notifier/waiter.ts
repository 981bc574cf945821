/**
 * Waits for the ends of jobs, wherever they run. All who wait in a process share one listener, which is
 * opened for the first of them, and one query: when a wait begins, when a node says that a job has ended,
 * and each second, as nodes of other languages say nothing and notifications may not arrive.
 */
import type { Clock } from '../clock.ts'
import { LONGEST_DELAY_MS } from '../clock.ts'
import type { JobRow } from '../job.ts'
import { JobNotFoundError, WaitTimeoutError } from '../management-errors.ts'
import { patience } from '../patience.ts'

/** What a look at jobs finds; those that are neither are gone. */
export interface Look {
  readonly ended: readonly JobRow[]
  readonly alive: readonly number[]
}

export interface WaiterInput {
  readonly clock: Clock
  readonly look: (ids: readonly number[]) => Promise<Look>
  /** Tell the nodes for which jobs somebody waits. */
  readonly announce: (ids: readonly number[]) => Promise<void>
  /** Listen until the signal aborts or the session is lost; never resolves. */
  readonly listen: (session: Session) => Promise<never>
  readonly onFailed: (error: unknown) => void
}

export interface Session {
  readonly signal: AbortSignal
  readonly onUp: () => void
  readonly onEnded: (ids: readonly number[]) => void
}

export interface WaitFor {
  /** Longest wait; Infinity for none. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

interface Wait {
  readonly resolve: (row: JobRow) => void
  readonly reject: (error: unknown) => void
  /** Why it is not known whether the job goes on; undefined when the last look has seen it. */
  doubt: unknown
}

/** Between two looks; and after the first, as the job may have ended while the nodes were told of it. */
const LOOK_MS = 1_000
const SOON_MS = 100

/** Nodes forget what is not said again; they keep it for a minute. */
const RENEW_MS = 25_000

/** How long the listener stays when nobody waits, for the next who does. */
const LINGER_MS = 2_000

const PATIENCE = { firstMs: 1_000, longestMs: 30_000 }

export class Waiter {
  readonly #input: WaiterInput
  readonly #waits = new Map<number, Set<Wait>>()
  /** When the nodes were told of an id, in monotonic milliseconds. */
  readonly #announced = new Map<number, number>()
  #session: AbortController | undefined
  #isUp = false
  #losses = 0
  /** The looks under way follow each other. */
  #looking: Promise<void> = Promise.resolve()
  #due = new Set<number>()
  /** The next look at all of them, in monotonic milliseconds. */
  #turn: { readonly atMs: number; readonly cancel: () => void } | undefined
  #cancelRest: (() => void) | undefined
  #closed: { readonly reason: unknown } | undefined

  constructor(input: WaiterInput) {
    this.#input = input
  }

  /**
   * Resolves with the row of a job that has ended.
   *
   * @throws {JobNotFoundError} when it is not there, or is deleted meanwhile
   * @throws {WaitTimeoutError} when it takes too long
   * @throws the reason of the signal
   */
  wait(id: number, { timeoutMs, signal }: WaitFor): Promise<JobRow> {
    if (this.#closed) return Promise.reject(this.#closed.reason)
    signal?.throwIfAborted()

    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.#waits.get(id)?.delete(wait)
        if (this.#waits.get(id)?.size === 0) this.#forget(id)
        signal?.removeEventListener('abort', abort)
        cancelTimeout?.()
        settle()
      }
      const wait: Wait = {
        resolve: (row) => end(() => resolve(row)),
        reject: (error) => end(() => reject(error)),
        doubt: new Error('no look at the job was answered'),
      }
      const abort = () => wait.reject(signal?.reason)
      signal?.addEventListener('abort', abort, { once: true })
      const cancelTimeout =
        timeoutMs <= LONGEST_DELAY_MS
          ? this.#input.clock.after(
              timeoutMs,
              () => wait.reject(new WaitTimeoutError(id, timeoutMs, causedBy(wait.doubt))),
              { keepAlive: true },
            )
          : undefined
      this.#add(id, wait)
    })
  }

  /** Nobody waits any longer. */
  close(reason: unknown): void {
    this.#closed = { reason }
    for (const waits of this.#waits.values()) for (const { reject } of waits) reject(reason)
    this.#rest()
  }

  #add(id: number, wait: Wait): void {
    const waits = this.#waits.get(id) ?? new Set()
    waits.add(wait)
    this.#waits.set(id, waits)
    this.#cancelRest?.()
    this.#cancelRest = undefined
    if (!this.#session) void this.#listen()
    this.#lookAt([id])
  }

  #forget(id: number): void {
    this.#waits.delete(id)
    this.#announced.delete(id)
    if (this.#waits.size > 0 || this.#closed) return
    this.#turn?.cancel()
    this.#turn = undefined
    this.#cancelRest = this.#input.clock.after(LINGER_MS, () => this.#rest())
  }

  #rest(): void {
    this.#turn?.cancel()
    this.#cancelRest?.()
    this.#turn = undefined
    this.#cancelRest = undefined
    this.#session?.abort(new Error('nobody waits for a job'))
    this.#session = undefined
    this.#isUp = false
  }

  /** Keep a listener while somebody waits. */
  async #listen(): Promise<void> {
    const session = new AbortController()
    this.#session = session
    try {
      await this.#input.listen({
        signal: session.signal,
        onUp: () => {
          this.#losses = 0
          this.#isUp = true
          this.#announced.clear()
          this.#lookAt([...this.#waits.keys()])
        },
        onEnded: (ids) => this.#lookAt(ids.filter((id) => this.#waits.has(id))),
      })
    } catch (error) {
      if (session.signal.aborted) return
      this.#isUp = false
      this.#losses += 1
      this.#input.onFailed(error)
      const again = () => {
        if (this.#session === session) void this.#listen()
      }
      session.signal.addEventListener(
        'abort',
        this.#input.clock.after(patience(this.#losses, PATIENCE), again),
      )
    }
  }

  /** Look at jobs in this turn, together with all that others want looked at. */
  #lookAt(ids: readonly number[]): void {
    if (ids.length === 0) return
    const isFirst = this.#due.size === 0
    for (const id of ids) this.#due.add(id)
    if (!isFirst) return
    const before = this.#looking
    this.#looking = (async () => {
      await before
      await this.#look()
    })()
  }

  async #look(): Promise<void> {
    const ids = [...this.#due].filter((id) => this.#waits.has(id))
    this.#due = new Set()
    if (ids.length === 0) return
    let isNew = false
    try {
      isNew = await this.#announce(ids)
      const { ended, alive } = await this.#input.look(ids)
      const rows = new Map(ended.map((row) => [Number(row.id), row]))
      const living = new Set(alive)
      for (const id of ids) this.#found(id, rows.get(id), living.has(id))
    } catch (error) {
      this.#doubt(ids, error)
      if (!this.#closed) this.#input.onFailed(error)
    }
    this.#schedule(isNew ? SOON_MS : LOOK_MS)
  }

  #found(id: number, row: JobRow | undefined, isAlive: boolean): void {
    if (isAlive) {
      this.#doubt([id], undefined)

      return
    }
    for (const { resolve, reject } of this.#waits.get(id) ?? []) {
      if (row) resolve(row)
      else reject(new JobNotFoundError(id))
    }
  }

  #doubt(ids: readonly number[], doubt: unknown): void {
    for (const id of ids) for (const wait of this.#waits.get(id) ?? []) wait.doubt = doubt
  }

  /** Tell the nodes before the look: what ends after it is then told. @returns whether they were */
  async #announce(ids: readonly number[]): Promise<boolean> {
    if (!this.#isUp) return false
    const nowMs = this.#input.clock.monotonicMs()
    const unsaid = ids.filter((id) => nowMs - (this.#announced.get(id) ?? -RENEW_MS) >= RENEW_MS)
    if (unsaid.length === 0) return false
    for (const id of unsaid) this.#announced.set(id, nowMs)
    await this.#input.announce(unsaid)

    return true
  }

  /** A look at some of them must not put off the one at all: others may begin to wait all the time. */
  #schedule(delayMs: number): void {
    const { clock } = this.#input
    const atMs = clock.monotonicMs() + delayMs
    if (this.#waits.size === 0 || (this.#turn && this.#turn.atMs <= atMs)) return
    this.#turn?.cancel()
    const act = () => {
      this.#turn = undefined
      this.#lookAt([...this.#waits.keys()])
    }
    this.#turn = { atMs, cancel: clock.after(delayMs, act, { keepAlive: true }) }
  }
}

function causedBy(doubt: unknown): ErrorOptions | undefined {
  return doubt === undefined ? undefined : { cause: doubt }
}
