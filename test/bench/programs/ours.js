// A node as a user would run it: the published API, from compiled code.
import { BroadcastChannel } from 'node:worker_threads'
import { Oban } from 'oban-ts'
import { answer } from './answer.js'
import { atPace } from './pace.js'
import { usage } from './usage.js'
import { Compute, Exit, Nothing, ranHere, Report, Timed } from './workers.js'

const { url, queues, synchronousCommit } = JSON.parse(process.argv[2])
const here = { localOnly: true }

const oban = new Oban({
  database: url,
  queues,
  synchronousCommit,
  workers: [new URL('./workers.js', import.meta.url)],
  logger: false,
})

/** The next that a thread tells. */
function told() {
  const channel = new BroadcastChannel('bench')

  return new Promise((resolve) => {
    channel.addEventListener('message', ({ data }) => {
      channel.close()
      resolve(data)
    })
  })
}

async function latency({ perSecond, count }) {
  await atPace(perSecond, count, () =>
    oban.enqueue(Timed.new({ at: String(process.hrtime.bigint()) }, { queue: 'bench' })),
  )
  const report = told()
  // Behind all the others, which have started before it when there is one thread.
  await oban.enqueue(Report.new({}, { queue: 'bench', priority: 9 }))

  return report
}

/** So many calls under way at any time. Resolves to how long it took, in milliseconds. */
async function enqueueOneByOne({ count, atOnce }) {
  const startedAt = performance.now()
  let left = count
  const lane = async () => {
    while (left > 0) {
      left -= 1
      await oban.enqueue(Nothing.new({ index: left }, { queue: 'bench' }))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))

  return performance.now() - startedAt
}

async function enqueueMany({ count, batch, pad }) {
  const startedAt = performance.now()
  for (let done = 0; done < count; done += batch) {
    const jobs = Array.from({ length: Math.min(batch, count - done) }, (_, index) =>
      Nothing.new({ index: done + index, pad }, { queue: 'bench' }),
    )
    await oban.enqueueMany(jobs)
  }

  return performance.now() - startedAt
}

async function enqueueCompute({ count, rounds }) {
  const jobs = Array.from({ length: count }, () => Compute.new({ rounds }, { queue: 'bench' }))
  await oban.enqueueMany(jobs)
}

/** From a fault until a job that is enqueued right after it has started, in milliseconds. */
async function untilRunning() {
  const startedAt = performance.now()
  const report = told()
  await oban.enqueue(Report.new({}, { queue: 'bench' }))
  await report

  return performance.now() - startedAt
}

async function collected() {
  for (let round = 0; round < 4; round += 1) globalThis.gc()

  return usage()
}

await oban.start()
answer(
  {
    run: () => oban.resumeQueue('bench', here),
    rest: () => oban.pauseQueue('bench', here),
    usage: async () => usage(),
    collected,
    ran: async () => ranHere(),
    latency,
    enqueueOneByOne,
    enqueueMany,
    enqueueCompute,
    untilRunning,
    exitThread: async () => {
      await oban.enqueue(Exit.new({}, { queue: 'bench' }))
    },
  },
  () => oban.stop(),
)
