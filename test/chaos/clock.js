// The wall clock of one node, as its administrator sets it: `Date` is shifted in the main thread and in
// those of the workers. What the monotonic clock and the timers say stays right.
import { readFileSync, writeFileSync } from 'node:fs'
import { BroadcastChannel } from 'node:worker_threads'

// A thread that is started after the step looks here: it hears no broadcast of before.
const file = `${process.env.CHAOS_LEDGER}/${process.pid}.clock`
const RealDate = Date
let stepMs = stored()

function stored() {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch (error) {
    // Nobody has touched the clock.
    if (error.code === 'ENOENT') return 0
    throw error
  }
}

// Not a class of its own: what comes from another thread must stay an instance of it.
const SteppedDate = new Proxy(RealDate, {
  construct: (target, given) =>
    Reflect.construct(target, given.length > 0 ? given : [target.now() + stepMs]),
  get: (target, name) => (name === 'now' ? steppedNow : Reflect.get(target, name)),
})

function steppedNow() {
  return RealDate.now() + stepMs
}

globalThis.Date = SteppedDate
RealDate.prototype.constructor = SteppedDate

const channel = new BroadcastChannel('chaos.clock')
channel.unref()
channel.addEventListener('message', ({ data }) => {
  stepMs = data
})

/** What the clocks of all others say. */
export function realNow() {
  return RealDate.now()
}

/** Set the clock of this process so far from that of all others. */
export function stepClock(byMs) {
  stepMs = byMs
  writeFileSync(file, String(byMs))
  channel.postMessage(byMs)
}
