/** How a command of the tests ends early: what it broke is repaired, and what it started is stopped. */

/** Within this time a signal is an echo of the one before: npm sends on what the terminal sends to all. */
const ECHO_MS = 500

/** Aborted by the first Ctrl-C or SIGTERM. A later one ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  let abortedAtMs = Infinity
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        abortedAtMs = performance.now()
        controller.abort(new Error(`ended by ${name}`))
      } else if (performance.now() - abortedAtMs > ECHO_MS) {
        // As an exit, with which child processes are killed: by a signal that nobody takes they would stay.
        process.exit(1)
      }
    })
  }

  return controller.signal
}
