// What all workers of the chaos tests share: each body writes a line to the ledger when it starts and when
// it ends. Files, as the database goes away, and one for each process, as processes are killed in mid-write.
import { openSync, writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { defineWorker, typed } from 'oban-ts'
import { realNow } from './clock.js'

const ledger = openSync(`${process.env.CHAOS_LEDGER}/${process.pid}.jsonl`, 'a')

// The number of the place that this thread has in its queue, as the event of its end will say.
const thread = workerData === null ? 0 : Number(workerData.data.thread)

export function write(kind, { id, attempt, attemptedAt, queue }) {
  const claimedAtMs = attemptedAt.getTime()
  const who = { queue, pid: process.pid, thread }
  const line = { kind, id, attempt, claimedAtMs, ...who, atMs: realNow() }
  writeSync(ledger, `${JSON.stringify(line)}\n`)
}

export function worker(name, body, options = {}) {
  return defineWorker({
    name,
    backoff: () => 1,
    args: typed(),
    ...options,
    async process(job, tools) {
      write('started', job)
      try {
        return await body(job, tools)
      } catch (error) {
        if (tools.signal.aborted) write('aborted', job)
        throw error
      } finally {
        write('ended', job)
      }
    },
  })
}
