/**
 * Bounds the lines that are on their way from a thread to the main thread: a loop that writes would fill
 * the main thread's memory faster than any console takes lines. The thread waits instead, as it would
 * for a full pipe.
 */
import type { LogLine } from './protocol.ts'

/** Characters on their way, beyond which the thread waits; one longer line still passes alone. */
const MOST_CHARACTERS = 1 << 20

/** What a line weighs beside its text: fields, which nobody measures, and the message around it. */
const LEAST_CHARACTERS = 1_024

function weightOf({ message }: LogLine): number {
  return LEAST_CHARACTERS + message.length
}

/** The counter that both sides share: characters that have arrived, wrapping around. */
export function backpressureBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
}

/** Note that a line has arrived. */
export function arrived(buffer: SharedArrayBuffer, line: LogLine): void {
  const counter = new Int32Array(buffer)
  Atomics.add(counter, 0, weightOf(line))
  Atomics.notify(counter, 0)
}

/** The thread's side. */
export class Backpressure {
  readonly #counter: Int32Array
  #sent = 0

  constructor(buffer: SharedArrayBuffer) {
    this.#counter = new Int32Array(buffer)
  }

  /** Note that a line was sent; waits while too much is on its way. */
  sent(line: LogLine): void {
    this.#sent = (this.#sent + weightOf(line)) | 0
    for (;;) {
      const taken = Atomics.load(this.#counter, 0)
      if (((this.#sent - taken) | 0) <= MOST_CHARACTERS) return
      Atomics.wait(this.#counter, 0, taken)
    }
  }
}
