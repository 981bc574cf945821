// Workers of the chaos tests. Each body writes a line to the ledger when it starts and when it ends:
// files, as the database goes away, and one for each process, as processes are killed in mid-write.
import { openSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import { realNow } from './clock.js'
import { defineWorker, record, snooze, typed } from 'oban-ts'

// Time to freeze a node that has claimed jobs and not started them.
if (!isMainThread) await pause(Number(process.env.CHAOS_BOOT_MS))

const ledger = openSync(`${process.env.CHAOS_LEDGER}/${process.pid}.jsonl`, 'a')

function write(kind, { id, attempt, attemptedAt, queue }) {
  const claimedAtMs = attemptedAt.getTime()
  const line = { kind, id, attempt, claimedAtMs, queue, pid: process.pid, atMs: realNow() }
  writeSync(ledger, `${JSON.stringify(line)}\n`)
}

function worker(name, body) {
  return defineWorker({
    name,
    backoff: () => 1,
    args: typed(),
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

export const Plain = worker('Chaos.Plain', async ({ args }) => {
  await pause(args.ms)
})

/** Fails until it carries two errors, whatever else happened to its attempts. */
export const Fails = worker('Chaos.Fails', async ({ args, errors }) => {
  await pause(args.ms)
  if (errors.length < 2) throw new Error('not yet')
})

/** Snoozes once; `againMs` is how long it takes afterwards. */
export const Snoozes = worker('Chaos.Snoozes', async ({ args, meta }) => {
  await pause(meta.snoozed === undefined ? args.ms : args.againMs)

  return meta.snoozed === undefined ? snooze({ milliseconds: 100 }) : undefined
})

export const Records = worker('Chaos.Records', async ({ args, id }) => {
  await pause(args.ms)

  return record({ id })
})

/** Ends with its signal; an attempt after the first takes `againMs`. */
export const Long = worker('Chaos.Long', async ({ args, attempt }, { signal }) => {
  await pause(attempt > 1 ? args.againMs : args.ms, undefined, { signal })
})
