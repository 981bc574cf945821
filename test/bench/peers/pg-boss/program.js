// pg-boss, with batches of the limit.
import PgBoss from 'pg-boss'
import { answer } from '../../programs/answer.js'
import { atPace } from '../../programs/pace.js'
import { usage } from '../../programs/usage.js'

const { url, limit } = JSON.parse(process.argv[2])

const boss = new PgBoss(url)
boss.on('error', console.error)
await boss.start()
await boss.createQueue('bench')

let ran = 0
let expected = 0
let latencies = []

async function start() {
  const options = { batchSize: limit, pollingIntervalSeconds: 0.5 }
  const id = await boss.work('bench', options, async (jobs) => {
    const now = process.hrtime.bigint()
    for (const { data } of jobs) {
      if (data.at === undefined) ran += 1
      else latencies.push(Number(now - BigInt(data.at)) / 1e6)
    }
    // Without this word it would rest for half a second after each batch, however many jobs wait.
    boss.notifyWorker(id)
  })
}

async function enqueueMany({ count, batch, pad }) {
  expected += count
  const startedAt = performance.now()
  for (let done = 0; done < count; done += batch) {
    const jobs = Array.from({ length: Math.min(batch, count - done) }, (_, index) => ({
      name: 'bench',
      data: { index: done + index, pad },
    }))
    await boss.insert(jobs)
  }

  return performance.now() - startedAt
}

async function latency({ perSecond, count }) {
  await start()
  latencies = []
  await atPace(perSecond, count, () => boss.send('bench', { at: String(process.hrtime.bigint()) }))
  while (latencies.length < count) await new Promise((resolve) => setTimeout(resolve, 10))
  await boss.offWork('bench')

  return latencies
}

async function hasEnded() {
  return ran === expected && (await boss.getQueueSize('bench', { before: 'completed' })) === 0
}

answer(
  {
    run: start,
    rest: () => boss.offWork('bench'),
    usage: async () => usage(),
    enqueueMany,
    latency,
    hasEnded,
  },
  () => boss.stop({ graceful: false }),
)
