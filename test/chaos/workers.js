// Workers of the chaos tests: those that do as they should, and those that do not (`misbehaviour.js`).
import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import { cancel, record, snooze } from 'oban-ts'
import { worker } from './body.js'

// Time to freeze a node that has claimed jobs and not started them.
if (!isMainThread) await pause(Number(process.env.CHAOS_BOOT_MS))

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

export const Cancels = worker('Chaos.Cancels', async ({ args }) => {
  await pause(args.ms)

  return cancel('not needed')
})

export const Discards = worker('Chaos.Discards', async ({ args }) => {
  await pause(args.ms)
  throw new Error('never')
})

/** Ends with its signal; an attempt after the first takes `againMs`. */
export const Long = worker('Chaos.Long', async ({ args, attempt }, { signal }) => {
  await pause(attempt > 1 ? args.againMs : args.ms, undefined, { signal })
})
