import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Oban } from '../../src/oban.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
const run = promisify(execFile)

/** Run a program in a process of its own, from the compiled code; resolves to what it printed. */
async function runProgram(source: string, ...flags: string[]): Promise<string> {
  const folder = fileURLToPath(new URL('../..', import.meta.url))
  const { stdout } = await run(
    process.execPath,
    [...flags, '--input-type=module', '--eval', source],
    { cwd: folder, timeout: 15_000, env: { ...process.env, URL: database.url } },
  )

  return stdout.trim()
}

/** Prints each module that is loaded, as a preloaded hook. */
const trace = `--import=data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module'
  register('data:text/javascript,' + encodeURIComponent(\`
    export async function load(url, context, next) {
      process._rawDebug(url)
      return next(url, context)
    }\`))`)}`

async function modulesLoadedBy(source: string): Promise<string[]> {
  const folder = fileURLToPath(new URL('../..', import.meta.url))
  const { stderr } = await run(process.execPath, [trace, '--input-type=module', '--eval', source], {
    cwd: folder,
    timeout: 15_000,
  })

  return stderr.split('\n').filter((line) => line.startsWith('file:'))
}

describe('a program that only enqueues', () => {
  test('ends by itself, with its instance open', async () => {
    const printed = await runProgram(`
      import { Oban } from 'oban-ts'
      const oban = new Oban({ database: process.env.URL })
      const job = await oban.enqueue('Echo', { n: 1 }, { queue: 'nowhere' })
      console.log(job.id)`)

    const stored = await database.query('SELECT id FROM oban_jobs')
    expect(stored).toEqual([{ id: printed }])
  })

  test('has told the other nodes when it ends', async () => {
    const { told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: 1 },
      stager: { interval: { minutes: 10 } },
    })
    await told.hears()
    const id = await runProgram(`
      import { Oban } from 'oban-ts'
      const oban = new Oban({ database: process.env.URL })
      console.log((await oban.enqueue('Echo', {})).id)`)
    await told.ended(Number(id))
  })

  test('is not kept alive by definitions, nor by an instance that did nothing', async () => {
    const printed = await runProgram(`
      import { defineWorker, Oban } from 'oban-ts'
      defineWorker({ name: 'X', process() {} })
      new Oban({ database: process.env.URL, queues: { default: 1 } })
      console.log('made')`)

    expect(printed).toBe('made')
  })
})

describe('importing the package', () => {
  test('loads neither the database driver nor the actors', async () => {
    const loaded = await modulesLoadedBy(`
      import { defineWorker, Oban } from 'oban-ts'
      defineWorker({ name: 'X', process() {} })
      new Oban({ database: 'postgres://nowhere/x', queues: { default: 1 } })`)
    const names = loaded.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1])

    expect(loaded.length).toBeGreaterThan(10)
    expect([...new Set(names)].filter((name) => name !== undefined)).toEqual(['zod'])
    expect(
      loaded.filter((url) => /dist\/(supervisors|src\/(actors|tree|engine|runtime))/.test(url)),
    ).toEqual([])
  })
})

describe('stop', () => {
  test('is not in the way of a call that finds no database, nor the call of it', async () => {
    const oban = new Oban({})
    const calls = await Promise.allSettled([oban.getJob(1), oban.stop(), oban.closed])

    expect(calls.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  })
})
