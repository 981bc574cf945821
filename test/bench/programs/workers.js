// Workers of the bench, for the main thread and for threads.
import { BroadcastChannel } from 'node:worker_threads'
import { defineWorker, typed } from 'oban-ts'

/** Bodies that ran in this thread. */
let bodies = 0
const latencies = []

export function ranHere() {
  return bodies
}

export const Nothing = defineWorker({
  name: 'Bench.Nothing',
  args: typed(),
  async process() {
    bodies += 1
  },
})

/** How long ago it was to be enqueued. Clocks of threads differ, the monotonic one of the machine does not. */
export const Timed = defineWorker({
  name: 'Bench.Timed',
  args: typed(),
  async process({ args }) {
    latencies.push(Number(process.hrtime.bigint() - BigInt(args.at)) / 1e6)
  },
})

/** Tell the main thread something, out of band. */
function tell(message) {
  const channel = new BroadcastChannel('bench')
  channel.postMessage(message)
  channel.close()
}

export const Report = defineWorker({
  name: 'Bench.Report',
  args: typed(),
  async process() {
    tell(latencies.splice(0))
  },
})

/** Keeps its thread busy, and nothing that threads share: about a millisecond for each round. */
export const Compute = defineWorker({
  name: 'Bench.Compute',
  args: typed(),
  async process({ args }) {
    let mixed = 1
    for (let step = 0; step < args.rounds * 700_000; step += 1) {
      mixed = Math.imul(mixed ^ step, 0x9e3779b1)
    }
  },
})

export const Exit = defineWorker({
  name: 'Bench.Exit',
  args: typed(),
  async process({ attempt }) {
    if (attempt === 1) process.exit(3)
  },
  backoff: () => 3_600,
})
