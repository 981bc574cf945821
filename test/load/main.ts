/**
 * `npm run load`: so many jobs through several real nodes on a PostgreSQL of their own. Ends with 0 when
 * each job ended as it had to and no memory grew, else with 1; the last line is a summary in JSON.
 */
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { install } from '../../src/engine/migrator.ts'
import { interruption } from '../support/interruption.ts'
import { startPrivateServer } from '../support/server.ts'
import { removeLeftovers } from '../support/temporary-folder.ts'
import { runLoad } from './run-load.ts'

const USAGE = `npm run load -- [options]

  --jobs N     jobs to run                              (1000000)
  --nodes N    processes that run them                  (4)
  --limit N    jobs at once, on each node               (50)
  --threads N  threads of each node                     (2)
  --minutes N  the longest that it may take             (12)

One job of 100 fails once, one of 100 snoozes once, one of 1,000 brings its thread down once.
Whether memory grows is judged from half a minute on, and said when it was not.

Exit code 0: nothing is wrong; 1: something is; 2: the options cannot be followed.`

const OPTIONS = {
  jobs: { type: 'string', default: '1000000' },
  nodes: { type: 'string', default: '4' },
  limit: { type: 'string', default: '50' },
  threads: { type: 'string', default: '2' },
  minutes: { type: 'string', default: '12' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const TOO_SHORT = 'the memory was not judged, as it was over too soon: give it more --jobs'

function misuse(message: string): never {
  console.error(`load: ${message}\n\n${USAGE}`)
  process.exit(2)
}

function whole(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value

  return misuse(`--${name}: expected a whole number from 1, found "${text}"`)
}

function readValues() {
  try {
    return parseArgs({ options: OPTIONS }).values
  } catch (error) {
    // What `parseArgs` says names the option.
    return misuse(error instanceof Error ? error.message : String(error))
  }
}

function readOptions() {
  const values = readValues()
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }

  return {
    jobs: whole('jobs', values.jobs),
    nodes: whole('nodes', values.nodes),
    limit: whole('limit', values.limit),
    threads: whole('threads', values.threads),
    withinMs: whole('minutes', values.minutes) * 60_000,
  }
}

/** A line at most every ten seconds: it may take minutes. */
function progress(): (line: string) => void {
  let toldAtMs = -Infinity

  return (line) => {
    if (performance.now() - toldAtMs < 10_000) return
    toldAtMs = performance.now()
    console.log(`${new Date().toISOString().slice(11, 19)} ${line}`)
  }
}

async function main(): Promise<void> {
  const options = readOptions()
  const signal = interruption()
  await removeLeftovers()
  const server = await startPrivateServer({ settings: { max_connections: '300' } })
  try {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await install(client, { prefix: 'public' })
    await client.end()
    const summary = await runLoad({ ...options, url: server.url, signal, onProgress: progress() })
    for (const finding of summary.findings) console.error(finding)
    if (summary.memory !== 'judged') console.error(TOO_SHORT)
    console.log(JSON.stringify(summary))
    process.exitCode = summary.ok ? 0 : 1
  } catch (error) {
    console.error(error)
    console.log(JSON.stringify({ ok: false, findings: [String(error)] }))
    process.exitCode = 1
  } finally {
    await server.remove()
  }
}

await main()
