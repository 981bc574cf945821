// Workers of the load. Each body writes to the ledger of its thread that it started and that it ended:
// a file, as the database is what is judged by it.
import { openSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread, threadId } from 'node:worker_threads'
import { defineWorker, snooze, typed } from 'oban-ts'

const file = `${process.env.LOAD_LEDGER}/${process.pid}-${threadId}`
// The main thread loads this file too, and runs nothing of it.
const ledger = isMainThread ? undefined : openSync(file, 'a')

function worker(name, body) {
  return defineWorker({
    name,
    backoff: () => 1,
    args: typed(),
    async process(job) {
      writeSync(ledger, `started ${job.id} ${job.attempt}\n`)
      const outcome = await body(job)
      writeSync(ledger, `ended ${job.id} ${job.attempt}\n`)

      return outcome
    },
  })
}

export const Plain = worker('Load.Plain', async ({ args }) => {
  if (args.ms > 0) await pause(args.ms)
})

export const Fails = worker('Load.Fails', ({ attempt }) => {
  if (attempt === 1) throw new Error('once')
})

export const Snoozes = worker('Load.Snoozes', ({ meta }) =>
  meta.snoozed === undefined ? snooze(1) : undefined,
)

/** Ways to end the thread of a job. */
const crashes = {
  exit: () => process.exit(3),
  throw: () => {
    setImmediate(() => {
      throw new Error('nobody catches this')
    })
  },
  reject: () => {
    void Promise.reject(new Error('nobody awaits this'))
  },
}

export const Crashes = worker('Load.Crashes', async ({ args, attempt }) => {
  if (attempt > 1) return
  // Others on the thread are half-way.
  await pause(1)
  crashes[args.how]()
  await new Promise(() => {})
})
