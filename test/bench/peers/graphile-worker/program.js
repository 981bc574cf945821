// graphile-worker, with its defaults or with the settings that make it fast.
import { Logger, makeWorkerUtils, run, runMigrations } from 'graphile-worker'
import { answer } from '../../programs/answer.js'
import { atPace } from '../../programs/pace.js'
import { usage } from '../../programs/usage.js'

const { url, limit, settings } = JSON.parse(process.argv[2])

const logger = new Logger(() => (level, message) => {
  if (/^error$/.test(level)) console.error(message)
})
const preset = {
  worker: {
    connectionString: url,
    concurrentJobs: limit,
    // As its documentation recommends.
    maxPoolSize: Math.min(limit + 2, 50),
    logger,
    ...settings,
  },
}

let ran = 0
let expected = 0
let latencies = []
let runner

const taskList = {
  nothing: async () => {
    ran += 1
  },
  timed: async ({ at }) => {
    latencies.push(Number(process.hrtime.bigint() - BigInt(at)) / 1e6)
  },
}

await runMigrations({ preset })
const utils = await makeWorkerUtils({ preset })

async function start() {
  runner = await run({ preset, taskList, noHandleSignals: true })
}

async function stop() {
  await runner?.stop()
  runner = undefined
}

async function enqueueMany({ count, batch, pad }) {
  expected += count
  const startedAt = performance.now()
  for (let done = 0; done < count; done += batch) {
    const jobs = Array.from({ length: Math.min(batch, count - done) }, (_, index) => ({
      identifier: 'nothing',
      payload: { index: done + index, pad },
    }))
    await utils.addJobs(jobs)
  }

  return performance.now() - startedAt
}

async function latency({ perSecond, count }) {
  await start()
  latencies = []
  await atPace(perSecond, count, () =>
    utils.addJob('timed', { at: String(process.hrtime.bigint()) }),
  )
  while (latencies.length < count) await new Promise((resolve) => setTimeout(resolve, 10))
  await stop()

  return latencies
}

async function hasEnded() {
  if (ran < expected) return false
  const { rows } = await utils.withPgClient((client) =>
    client.query('SELECT EXISTS (SELECT FROM graphile_worker._private_jobs) AS is_open'),
  )

  return !rows[0].is_open
}

answer(
  { run: start, rest: stop, usage: async () => usage(), enqueueMany, latency, hasEnded },
  async () => {
    await stop()
    await utils.release()
  },
)
