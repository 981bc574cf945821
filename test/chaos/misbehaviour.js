// Workers that harm the thread they run on. Each does it until it carries an error for it, and then ends
// well: what it has to pay is one attempt, and nobody beside it any. See `kinds.ts`.
import { setTimeout as pause } from 'node:timers/promises'
import { BroadcastChannel, parentPort, resourceLimits, workerData } from 'node:worker_threads'
import { worker, write } from './body.js'

const TIMEOUT = { milliseconds: 500 }

/** Never; though the thread has other things to do. */
function forever() {
  return new Promise(() => {})
}

function misbehaving(name, deed, options) {
  return worker(
    name,
    async (job, tools) => {
      await pause(job.args.ms)
      if (job.errors.length === 0) await deed(job, tools)
    },
    options,
  )
}

/** The attempt ends with this deed, though its body may go on until the thread is gone. */
function final(name, deed) {
  return misbehaving(name, async (job) => {
    write('ended', job)
    await deed()
  })
}

export const Exits = final('Chaos.Exits', () => {
  process.exit(3)
})

export const Throws = final('Chaos.Throws', async () => {
  await new Promise((resolve) => {
    setTimeout(() => {
      resolve()
      throw new Error('from a timer')
    }, 1)
  })
  await forever()
})

export const Rejects = final('Chaos.Rejects', async () => {
  void Promise.reject(new Error('floating'))
  await forever()
})

export const Spins = misbehaving(
  'Chaos.Spins',
  () => {
    for (;;);
  },
  { timeout: TIMEOUT },
)

export const Sleeps = misbehaving(
  'Chaos.Sleeps',
  () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },
  { timeout: TIMEOUT },
)

export const NeverSettles = misbehaving('Chaos.NeverSettles', forever, { timeout: TIMEOUT })

/** Looks at its signal, and works on. */
export const IgnoresSignal = misbehaving(
  'Chaos.IgnoresSignal',
  async (_job, { signal }) => {
    for (let turns = 0; ; turns += signal.aborted ? 1 : 0) await pause(1)
  },
  { timeout: TIMEOUT },
)

/** No test is to eat the memory of the machine: these are for queues with bounds. */
function assertBounded() {
  if (!(resourceLimits.maxOldGenerationSizeMb < 256)) throw new Error('this thread has no bounds')
}

/** V8 ends the thread at its `maxOldGenerationSizeMb`. */
export const EatsHeap = misbehaving('Chaos.EatsHeap', async () => {
  assertBounded()
  const kept = []
  for (;;) {
    for (let index = 0; index < 10_000; index += 1)
      kept.push({ index, text: `${index}`.repeat(10) })
    await pause(0)
  }
})

/** V8 knows nothing of these: `maxExternalMb` does. */
export const EatsBuffers = misbehaving('Chaos.EatsBuffers', async () => {
  assertBounded()
  const kept = []
  for (;;) {
    kept.push(Buffer.alloc(1e6, 1))
    await pause(5)
  }
})

/** Says nothing for a while, as those do that eat, and harms nobody. */
export const Computes = worker('Chaos.Computes', async ({ args }) => {
  await pause(args.ms)
  const end = performance.now() + 3_000
  while (performance.now() < end);
})

const GARBAGE = [
  undefined,
  null,
  0,
  'settled',
  [],
  {},
  { type: 'settled' },
  { type: 'settled', items: null },
  { type: 'settled', items: [{ token: 1, outcome: { kind: 'completed' }, durationMs: 0 }] },
  { type: 'call', call: 1, request: { method: 'insert', jobs: 'none' } },
  { type: 'tainted' },
  { type: 'log' },
  { type: 'nothing' },
  new Map([[1n, new Date(Number.NaN)]]),
  'x'.repeat(2e6),
  new Uint8Array(2e6),
]

/** What others may listen to is none of their business, and what cannot be copied is refused here. */
export const PostsGarbage = worker('Chaos.PostsGarbage', async ({ args }) => {
  await pause(args.ms)
  const channel = new BroadcastChannel('oban-ts')
  const ports = [parentPort, channel, workerData?.port].filter((port) => port)
  for (const port of ports) {
    for (const message of GARBAGE) port.postMessage(message)
    try {
      port.postMessage(() => {})
    } catch (error) {
      if (error.name !== 'DataCloneError') throw error
    }
  }
  channel.close()
})

/** Says much more than anybody wants to read. */
export const Prints = worker('Chaos.Prints', async ({ args }, { log }) => {
  await pause(args.ms)
  for (let line = 0; line < 20; line += 1) log.warn('again and again', { line, self: forever })
})
