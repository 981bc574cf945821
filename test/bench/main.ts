/** The command `npm run bench`; what it does and how it ends is in `options.ts`. */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { interruption } from '../support/interruption.ts'
import { removeLeftovers } from '../support/temporary-folder.ts'
import { caseNames, families } from './catalogue.ts'
import type { Comparison, Outcome } from './comparison.ts'
import { documented, farOff, guardOptions, isGuarded, type Documented } from './guard.ts'
import { machine, type Machine } from './machine.ts'
import { parseOptions, USAGE, type BenchOptions } from './options.ts'
import { Program } from './program.ts'
import { isAsked, runFamily } from './runner.ts'
import { fdatasyncMs, startBenchServer, type BenchServer } from './server.ts'
import { shown, table } from './table.ts'

function misuse(message: string): never {
  console.error(`bench: ${message}\n       npm run bench -- --help tells of all options`)
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

interface Ground extends Machine {
  /** Medians before and after what was measured. */
  readonly fdatasyncMs: readonly number[]
}

function report(
  { json, n, rows, bytes }: BenchOptions,
  outcomes: readonly Outcome[],
  ground: Ground,
): void {
  if (json) {
    for (const outcome of outcomes)
      console.log(JSON.stringify({ ...outcome, n, rows, bytes, ...ground }))

    return
  }
  const disk = ground.fdatasyncMs.map(shown).join(' and ')
  console.log(`\n${table(outcomes)}`)
  console.log(`fdatasync of 8 kB before and after: ${disk} ms\n`)
}

interface Session {
  readonly options: BenchOptions
  readonly server: BenchServer
  readonly signal: AbortSignal
}

async function measure(
  { options, server, signal }: Session,
  isWanted: (comparison: Comparison) => boolean,
): Promise<Outcome[]> {
  const all: Outcome[] = []
  const ground = machine(server.version)
  for (const family of families(options)) {
    const before = fdatasyncMs(server.dataDir)
    const outcomes = await runFamily(family, {
      stage: { server, options, execArgv: execArgv(options) },
      rounds: options.rounds,
      isWanted,
      signal,
      onProgress: sayer(options),
    })
    if (outcomes.length === 0) continue
    report(options, outcomes, { ...ground, fdatasyncMs: [before, fdatasyncMs(server.dataDir)] })
    all.push(...outcomes)
  }

  return all
}

function sayer({ json }: BenchOptions): (line: string) => void {
  return json ? () => {} : (line) => console.log(line)
}

/** What is far off is looked at again, once: somebody else may have had the machine for a while. */
async function guard(session: Session): Promise<number> {
  let suspects: Array<Documented & { readonly line?: string }> = documented()
  for (let look = 1; look <= 2 && suspects.length > 0; look += 1) {
    const looked = suspects
    const outcomes = await measure(session, (comparison) => isGuarded(looked, comparison))
    suspects = farOff(outcomes, looked)
  }
  for (const { line } of suspects) console.error(`bench: ${line}`)

  return suspects.length === 0 ? 0 : 1
}

async function perform(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const say = sayer(options)
  await removeLeftovers()
  const server = await startBenchServer()
  try {
    const { cpu, cores, memoryGb, node, postgres } = machine(server.version)
    say(`${cpu}, ${cores} cores, ${memoryGb} GB`)
    say(`Node.js ${node}, PostgreSQL ${postgres}, fsync and synchronous_commit on`)
    const session = { options, server, signal }
    if (options.guard) return await guard(session)
    await measure(session, (comparison) => isAsked(comparison.case, options.cases))

    return 0
  } finally {
    await server.remove()
  }
}

async function main(): Promise<number> {
  const given = readOptions()
  if (given.help) {
    console.log(USAGE)

    return 0
  }
  const options = given.guard ? guardOptions(given) : given
  const names = caseNames(options)
  const unknown = options.cases.find((prefix) => !names.some((name) => isAsked(name, [prefix])))
  if (unknown !== undefined) {
    // Limits, threads and jobs claimed ahead are part of the names.
    misuse(
      `no case is named ${unknown} or ${unknown}/…; --list without --case prints the names, of the same --limit, ` +
        '--threads and --prefetch',
    )
  }
  if (options.list) {
    console.log(names.filter((name) => isAsked(name, options.cases)).join('\n'))

    return 0
  }
  const signal = interruption()
  signal.addEventListener('abort', () => {
    console.error(`bench: ${signal.reason.message}`)
    Program.killAll()
  })
  try {
    return await perform(options, signal)
  } catch (error) {
    if (!signal.aborted) console.error(error)

    return 1
  }
}

// Also when a failure has left something open that would keep the process alive.
process.exit(await main())
