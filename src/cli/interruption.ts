/**
 * Ctrl-C and SIGTERM, for commands that run for a while: the first asks for an orderly end, a second
 * one ends the process at once. Nothing but the command line touches signals.
 */
import { InterruptedError } from './command.ts'

export interface Interruption {
  /** Aborted by the first signal, with an `InterruptedError`. */
  readonly signal: AbortSignal
  /** Give the signals back to whoever had them. */
  dispose(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** npm passes on a Ctrl-C that the terminal has sent to everybody: this is one signal, not two. */
const ECHO_MS = 500

export function listenForSignals(onFirst: () => void): Interruption {
  const controller = new AbortController()
  let firstAtMs: number | undefined
  const receive = (name: NodeJS.Signals) => {
    const nowMs = performance.now()
    if (firstAtMs === undefined) {
      firstAtMs = nowMs
      controller.abort(new InterruptedError(name))
      onFirst()
    } else if (nowMs - firstAtMs > ECHO_MS) {
      dispose()
      // With nobody listening it does what it does to any process.
      process.kill(process.pid, name)
    }
  }
  const dispose = () => {
    for (const name of SIGNALS) process.off(name, receive)
  }
  for (const name of SIGNALS) process.on(name, receive)

  return { signal: controller.signal, dispose }
}
