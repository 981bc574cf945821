/** An effect of an actor that the test answers, call by call. */
export interface Effect<Value, Params extends readonly unknown[]> {
  readonly run: (...params: Params) => Promise<Value>
  /** The parameters of every call so far. */
  readonly calls: readonly Params[]
  /** Calls that wait for their answer. */
  readonly open: number
  /** Answer the oldest open call, and let what follows from it happen. */
  readonly resolve: (value: Value) => Promise<void>
  readonly reject: (error: unknown) => Promise<void>
}

interface Waiting<Value> {
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

/** Let everything happen that already settled promises lead to. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

export function effect<Value = void, Params extends readonly unknown[] = []>(): Effect<
  Value,
  Params
> {
  const calls: Params[] = []
  const waiting: Waiting<Value>[] = []
  const oldest = (): Waiting<Value> => {
    const first = waiting.shift()
    if (first === undefined) throw new Error('no call waits for an answer')

    return first
  }

  return {
    calls,
    get open() {
      return waiting.length
    },
    run: (...params) => {
      calls.push(params)

      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
      })
    },
    resolve: (value) => {
      oldest().resolve(value)

      return settled()
    },
    reject: (error) => {
      oldest().reject(error)

      return settled()
    },
  }
}
