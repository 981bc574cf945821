/** A promise that is settled from outside. `Promise.withResolvers` comes with Node.js 22. */

export interface Deferred {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Its rejection is for whoever looks; where nobody does, it must not end the process. */
export function deferred(): Deferred {
  let settle: Omit<Deferred, 'promise'> | undefined
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  promise.catch(() => {
    // See above: without a handler of some kind Node.js would end the process.
  })
  if (settle === undefined) throw new Error('a promise runs its executor at once')

  return { promise, ...settle }
}
