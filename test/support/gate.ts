/** A place where bodies on the main thread wait until the test lets them go on. */
export interface Gate {
  /** How many have come to it. */
  readonly arrived: number
  /** Resolves when that many have come. */
  readonly reached: (count?: number) => Promise<void>
  /** What a body waits for; rejects when its signal aborts. */
  readonly pass: (signal?: AbortSignal) => Promise<void>
  /** Let everybody through, from now on. */
  readonly open: () => void
}

export function gate(): Gate {
  const arrivals = new EventTarget()
  const opening = new AbortController()
  let arrived = 0

  return {
    get arrived() {
      return arrived
    },
    reached: (count = 1) =>
      new Promise((resolve) => {
        const look = () => {
          if (arrived >= count) resolve()
        }
        arrivals.addEventListener('arrival', look)
        look()
      }),
    pass: (signal) =>
      new Promise((resolve, reject) => {
        arrived += 1
        arrivals.dispatchEvent(new Event('arrival'))
        if (opening.signal.aborted) resolve()
        opening.signal.addEventListener('abort', () => resolve())
        signal?.addEventListener('abort', () => reject(signal.reason))
      }),
    open: () => opening.abort(),
  }
}
