// One node of the chaos tests: a process as a user would run it, from compiled code. It tells its parent
// what happens in it, stops when told to, and ends when there is nobody left to tell.
import { Console } from 'node:console'
import { subscribe } from 'node:diagnostics_channel'
import { Writable } from 'node:stream'
import { realNow, stepClock } from './clock.js'
import { Oban } from 'oban-ts'
import { figures, rest } from './figures.js'

const EVENTS = [
  'ack.lost',
  'cron.refused',
  'inspector.failed',
  'job.start',
  'job.stuck',
  'lifeline.rescue',
  'module.failed',
  'notifier.switch',
  'peer.election',
  'query.failed',
  'queue.shutdown',
  'supervisor.report',
  'telemetry.handler_failed',
  'thread.exit',
  'worker.unknown',
]

const { url, node, queues, crons = [] } = JSON.parse(process.argv[2])

function shown(_key, value) {
  return value instanceof Error ? String(value) : value
}

function tell(event, fields = {}, onTold = () => {}) {
  const line = JSON.stringify({ ...fields, event, node, atMs: realNow() }, shown)
  if (process.connected) process.send(line, onTold)
  else onTold()
}

for (const event of EVENTS) {
  subscribe(`oban-ts:${event}`, (payload) => {
    tell(event, payload)
  })
}

// What must never happen in a host: told, and then as bad as it would be without anybody to tell.
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => {
    tell(event, { error: error?.stack ?? String(error) }, () => {
      process.exit(70)
    })
  })
}

process.on('warning', ({ name, code, message }) => {
  tell('warning', { name, code, message })
})

process.on('disconnect', () => {
  process.exit(1)
})

/** A stream that the parent reads line by line: what an operator would have on the terminal. */
const screen = new Writable({
  decodeStrings: false,
  write(text, _encoding, onWritten) {
    for (const line of text.split('\n')) if (line !== '') tell('log', { line })
    onWritten()
  },
})

const oban = new Oban({
  database: url,
  node,
  queues,
  workers: ['./workers.js', './misbehaviour.js', './broken-module.js'].map(
    (path) => new URL(path, import.meta.url),
  ),
  cron: {
    crontab: crons.map(({ name, queue }) => ({
      name,
      queue,
      expression: '* * * * *',
      worker: 'Chaos.Plain',
      args: { ms: 5 },
    })),
  },
  logger: new Console(screen),
  onFatal: (error) => {
    tell('fatal', { error })
  },
})

let isStopping = false

async function stop() {
  const force = isStopping
  isStopping = true
  await oban.stop({ force })
  tell('stopped')
  // What is left open now would keep the process alive, and fail the test.
  process.removeAllListeners('SIGTERM')
  process.removeAllListeners('disconnect')
  if (process.connected) process.disconnect()
}

process.on('message', (message) => {
  if (message === 'stop') void stop()
  else if (message === 'rest')
    void rest().then((found) => tell('figures', { at: 'rest', ...found }))
  else stepClock(message.stepMs)
})
process.on('SIGTERM', () => void stop())

try {
  await oban.start()
  tell('ready')
  tell('figures', { at: 'start', ...figures() })
} catch (error) {
  // Without its database no node comes up.
  tell('unready', { error }, () => {
    process.exit(1)
  })
}
