/**
 * What a thread and the main thread show each other in shared memory, where it can be read while the
 * other is busy or already gone.
 */

const ASKED = 0
const HEARD = 1
const RECEIVED = 2
const CURRENT = 3
const HEAP = 4
const EXTERNAL = 5
const SAMPLED_AT = 6
const COUNT = 7

/** No token is 0. */
const NOBODY = 0

const KIB = 1_024

/** Memory of a thread, in bytes, and when it was looked at. */
export interface MemorySample {
  readonly heapBytes: number
  /** Outside of V8's heap: buffers above all. */
  readonly externalBytes: number
  /** Monotonic milliseconds, of which only differences within 24 days make sense. */
  readonly sampledAtMs: number
}

export class Cells {
  readonly buffer: SharedArrayBuffer
  readonly #cells: Int32Array

  constructor(buffer = new SharedArrayBuffer(COUNT * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#cells = new Int32Array(buffer)
  }

  /** The main thread is about to send an abort. */
  ask(abort: number): void {
    Atomics.store(this.#cells, ASKED, abort)
  }

  /** Whether an abort is on its way: it may be meant for a body that is about to start. */
  get isAbortDue(): boolean {
    return Atomics.load(this.#cells, ASKED) !== this.heard
  }

  /** Aborts that the thread has taken in: one that has not is blocked by its own code. */
  get heard(): number {
    return Atomics.load(this.#cells, HEARD)
  }

  hear(abort: number): void {
    Atomics.store(this.#cells, HEARD, abort)
  }

  /** Posts of runs that the thread has taken in. */
  get received(): number {
    return Atomics.load(this.#cells, RECEIVED)
  }

  receive(): void {
    Atomics.add(this.#cells, RECEIVED, 1)
  }

  /** Whether the code that the thread runs, or ran last, belongs to the run with this token. */
  isCurrent(token: number): boolean {
    return Atomics.load(this.#cells, CURRENT) === (token | 0)
  }

  /** Whether that code belongs to some run. */
  get isTaken(): boolean {
    return Atomics.load(this.#cells, CURRENT) !== NOBODY
  }

  /** Called at every turn of every job: a plain store. Tokens outgrow a cell and wrap around. */
  enter(token: number | undefined): void {
    this.#cells[CURRENT] = token ?? NOBODY
  }

  get memory(): MemorySample {
    return {
      heapBytes: Atomics.load(this.#cells, HEAP) * KIB,
      externalBytes: Atomics.load(this.#cells, EXTERNAL) * KIB,
      sampledAtMs: Atomics.load(this.#cells, SAMPLED_AT),
    }
  }

  show(heapBytes: number, externalBytes: number, nowMs: number): void {
    Atomics.store(this.#cells, HEAP, heapBytes / KIB)
    Atomics.store(this.#cells, EXTERNAL, externalBytes / KIB)
    Atomics.store(this.#cells, SAMPLED_AT, nowMs | 0)
  }
}
