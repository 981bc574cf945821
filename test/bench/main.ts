/** The command `npm run bench`; what it does and how it ends is in `options.ts`. */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { interruption } from '../support/interruption.ts'
import { removeLeftovers } from '../support/temporary-folder.ts'
import { caseNames, families } from './catalogue.ts'
import type { Outcome } from './comparison.ts'
import type { Stage } from './family.ts'
import { machine } from './machine.ts'
import { parseOptions, USAGE, type BenchOptions } from './options.ts'
import { isAsked, runFamily } from './runner.ts'
import { fdatasyncMs, startBenchServer } from './server.ts'
import { shown, table } from './table.ts'

function misuse(message: string): never {
  console.error(`bench: ${message}\n\n${USAGE}`)
  process.exit(2)
}

function readOptions(): BenchOptions {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    // What `parseArgs` and we say names the option.
    return misuse(error instanceof Error ? error.message : String(error))
  }
}

function execArgv({ profile }: BenchOptions): string[] {
  if (profile === undefined) return []
  const folder = resolve(profile)
  mkdirSync(folder, { recursive: true })

  return ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}

async function measure(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const say = options.json ? () => {} : (line: string) => console.log(line)
  await removeLeftovers()
  const server = await startBenchServer()
  const stage: Stage = { server, options, execArgv: execArgv(options) }
  const ground = machine(server.version)
  try {
    say(`${ground.cpu}, ${ground.cores} cores, ${ground.memoryGb} GB`)
    say(`Node.js ${ground.node}, PostgreSQL ${ground.postgres}, fsync and synchronous_commit on`)
    for (const family of families(options)) {
      const before = fdatasyncMs(server.dataDir)
      const outcomes = await runFamily(family, options.cases, {
        stage,
        rounds: options.rounds,
        signal,
        onProgress: say,
      })
      if (outcomes.length === 0) continue
      const disk = { fdatasyncMs: [before, fdatasyncMs(server.dataDir)] }
      report(options, outcomes, { ...ground, ...disk })
    }
  } finally {
    await server.remove()
  }
}

function report(
  { json, n }: BenchOptions,
  outcomes: readonly Outcome[],
  ground: ReturnType<typeof machine> & { readonly fdatasyncMs: readonly number[] },
): void {
  if (json) {
    for (const outcome of outcomes) console.log(JSON.stringify({ ...outcome, n, ...ground }))

    return
  }
  console.log(`\n${table(outcomes)}`)
  console.log(
    `fdatasync of 8 kB before and after: ${ground.fdatasyncMs.map(shown).join(' and ')} ms\n`,
  )
}

async function main(): Promise<number> {
  const options = readOptions()
  if (options.help) {
    console.log(USAGE)

    return 0
  }
  const names = caseNames(options)
  if (options.list) {
    console.log(names.join('\n'))

    return 0
  }
  const unknown = options.cases.find((prefix) => !names.some((name) => isAsked(name, [prefix])))
  if (unknown !== undefined) misuse(`no case begins with "${unknown}"; --list names them all`)
  try {
    await measure(options, interruption())

    return 0
  } catch (error) {
    console.error(error)

    return 1
  }
}

// Also when a failure has left something open that would keep the process alive.
process.exit(await main())
