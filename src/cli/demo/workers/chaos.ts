/** What should never happen inside of a job, on purpose: each of these takes its thread along. */
import { setTimeout as pause } from 'node:timers/promises'
import { defineWorker, type JobLog } from '../../../index.ts'

/** Long enough that others run on the same thread by then, in milliseconds. */
const INNOCENT_MS = 300

/** What a job logs when it begins to misbehave. */
export const FAULT = 'from here on it misbehaves'

/** One attempt: what it ends with is what the job ends with. */
const once = { queue: 'chaos', maxAttempts: 1 } as const

async function beginInnocently(log: JobLog): Promise<void> {
  await pause(INNOCENT_MS)
  log.warn(FAULT)
}

export const Throw = defineWorker({
  ...once,
  name: 'Chaos.Throw',
  async process(_, { log }) {
    await beginInnocently(log)
    setTimeout(() => {
      throw new Error('thrown by a timer')
    }, 1)
    await pause(60_000)
  },
})

export const Exit = defineWorker({
  ...once,
  name: 'Chaos.Exit',
  async process(_, { log }) {
    await beginInnocently(log)
    process.exit(1)
  },
})

export const BusyLoop = defineWorker({
  ...once,
  name: 'Chaos.BusyLoop',
  timeout: { seconds: 1 },
  async process(_, { log }) {
    await beginInnocently(log)
    for (;;);
  },
})

/** Objects kept with each step: 2 MB or so. */
const LEAKED = 20_000
const LEAK_STEP_MS = 10

export const Leak = defineWorker({
  ...once,
  name: 'Chaos.Leak',
  async process(_, { log }) {
    await beginInnocently(log)
    const kept: object[] = []
    for (;;) {
      for (let index = 0; index < LEAKED; index += 1) kept.push({ text: `leaked ${index}` })
      // In steps, so that the jobs beside it go on until the thread is ended.
      await pause(LEAK_STEP_MS)
    }
  },
})
