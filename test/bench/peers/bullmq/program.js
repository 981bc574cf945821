// BullMQ on Redis or, without the port of one, on PostgreSQL.
import { createPostgresBackend, Queue, withBackend, Worker } from 'bullmq'
import { answer } from '../../programs/answer.js'
import { atPace } from '../../programs/pace.js'
import { usage } from '../../programs/usage.js'

const { url, limit, redisPort } = JSON.parse(process.argv[2])

const isRedis = redisPort !== undefined
const classes = isRedis ? { Queue, Worker } : withBackend(createPostgresBackend)
const connection = isRedis
  ? { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null }
  : { connectionString: url, migrate: true }

const queue = new classes.Queue('bench', { connection })
await queue.waitUntilReady()

let latencies = []
let completed = 0
let expected = 0
let worker

async function start() {
  worker = new classes.Worker(
    'bench',
    async ({ data }) => {
      if (data.at !== undefined) {
        latencies.push(Number(process.hrtime.bigint() - BigInt(data.at)) / 1e6)
      }
    },
    { connection, concurrency: limit },
  )
  worker.on('error', console.error)
  worker.on('completed', () => {
    completed += 1
  })
  await worker.waitUntilReady()
}

async function stop() {
  await worker?.close()
  worker = undefined
}

async function enqueueMany({ count, batch, pad }) {
  expected += count
  const startedAt = performance.now()
  for (let done = 0; done < count; done += batch) {
    const jobs = Array.from({ length: Math.min(batch, count - done) }, (_, index) => ({
      name: 'nothing',
      data: { index: done + index, pad },
    }))
    await queue.addBulk(jobs)
  }

  return performance.now() - startedAt
}

async function latency({ perSecond, count }) {
  await start()
  latencies = []
  await atPace(perSecond, count, () => queue.add('timed', { at: String(process.hrtime.bigint()) }))
  while (latencies.length < count) await new Promise((resolve) => setTimeout(resolve, 10))
  await stop()

  return latencies
}

answer(
  {
    run: start,
    rest: stop,
    usage: async () => usage(),
    enqueueMany,
    latency,
    hasEnded: async () => completed === expected,
  },
  async () => {
    await stop()
    await queue.close()
  },
)
