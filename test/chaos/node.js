// One node of the chaos tests: a process as a user would run it, from compiled code. It tells its parent
// what happens in it, stops when told to, and ends when there is nobody left to tell.
import { subscribe } from 'node:diagnostics_channel'
import { realNow, stepClock } from './clock.js'
import { Oban } from 'oban-ts'

const EVENTS = [
  'ack.lost',
  'job.start',
  'lifeline.rescue',
  'module.failed',
  'notifier.switch',
  'peer.election',
  'query.failed',
  'supervisor.report',
  'thread.exit',
  'worker.unknown',
]

const { url, node, queues } = JSON.parse(process.argv[2])

function shown(_key, value) {
  return value instanceof Error ? String(value) : value
}

function tell(event, fields = {}) {
  const line = JSON.stringify({ ...fields, event, node, atMs: realNow() }, shown)
  if (process.connected) process.send(line)
}

for (const event of EVENTS) {
  subscribe(`oban-ts:${event}`, (payload) => {
    tell(event, payload)
  })
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
  onFatal: (error) => {
    tell('fatal', { error })
  },
})

async function stop() {
  await oban.stop()
  tell('stopped')
  // What is left open now would keep the process alive, and fail the test.
  process.removeAllListeners('disconnect')
  process.disconnect()
}

process.on('message', (message) => {
  if (message === 'stop') void stop()
  else stepClock(message.stepMs)
})
process.on('SIGTERM', () => void stop())

await oban.start()
tell('ready')
