// One node of a load: a process as a user would run it, from compiled code. It tells its parent how much
// memory it has and what it did, stops when told to, and ends when there is nobody left to tell.
import { subscribe } from 'node:diagnostics_channel'
import { Oban } from 'oban-ts'

const { url, node, queues, sampleMs } = JSON.parse(process.argv[2])

const counts = { success: 0, failure: 0, snoozed: 0, lost: 0, rescued: 0, exits: 0 }
const problems = []

subscribe('oban-ts:job.stop', ({ state }) => {
  counts[state] += 1
})
subscribe('oban-ts:job.exception', ({ state }) => {
  counts[state] += 1
})
subscribe('oban-ts:ack.lost', () => {
  counts.lost += 1
})
subscribe('oban-ts:lifeline.rescue', ({ rescued }) => {
  counts.rescued += rescued.length
})
subscribe('oban-ts:thread.exit', ({ cause }) => {
  if (cause === 'crash') counts.exits += 1
})
for (const event of ['query.failed', 'supervisor.report']) {
  subscribe(`oban-ts:${event}`, ({ source, id, error }) => {
    if (problems.length < 100) problems.push(`${source ?? id}: ${error}`)
  })
}

function tell(event) {
  const { heapUsed, rss } = process.memoryUsage()
  const sample = { heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20 }
  if (process.connected) process.send({ event, atMs: Date.now(), ...sample, counts, problems })
}

process.on('disconnect', () => {
  process.exit(1)
})

const oban = new Oban({
  database: url,
  node,
  queues,
  workers: [new URL('./workers.js', import.meta.url)],
  logger: false,
})

const sampling = setInterval(() => {
  // What is left afterwards is held by somebody.
  globalThis.gc()
  tell('sample')
}, sampleMs)

async function stop() {
  await oban.stop()
  clearInterval(sampling)
  tell('stopped')
  // What is left open now would keep the process alive, and fail the run.
  process.removeAllListeners('disconnect')
  process.disconnect()
}

process.on('message', () => void stop())

await oban.start()
tell('ready')
