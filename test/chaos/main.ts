/**
 * The command `npm run chaos`. Its last line of output is a JSON summary; it ends with 0 when nothing is
 * wrong, with 1 when something is, with 2 when the options cannot be followed.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { interruption } from '../support/interruption.ts'
import { removeLeftovers } from '../support/temporary-folder.ts'
import { faults, faultsNamed } from './faults/catalogue.ts'
import { run, stepsOf, type RunOptions } from './run.ts'

const HELP = `npm run chaos -- [--seed N] [--minutes M] [--nodes K] [--faults a,b,c] [--json]

Starts nodes on a PostgreSQL of its own, gives them jobs, breaks what a seed says, and looks at the end
whether any job was lost, doubled or miscounted.

Exit code 0: nothing is wrong; 1: something is; 2: the options cannot be followed.

  --seed N      whole number that decides what is broken when. Default: another each time
  --minutes M   how long things are broken. Default: 3
  --nodes K     processes at work at once. Default: 4
  --faults ...  names of the only faults to break things with, separated by commas. Default: all
  --json        print only the summary, which is the last line in any case

Faults, each of one node, of one role of connections or of all:
${faults.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`).join('\n')}
`

/** @throws {TypeError | RangeError} when an argument is wrong */
function parse(args: readonly string[]): Omit<RunOptions, 'signal'> | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      nodes: { type: 'string' },
      faults: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return 'help'
  const { seed, minutes = '3', nodes = '4', faults: names, json = false } = values

  const options = {
    seed: seed === undefined ? Date.now() % 1_000_000 : whole('--seed', seed, 0),
    minutes: positive('--minutes', minutes),
    nodes: whole('--nodes', nodes, 1),
    faults: names === undefined ? faults : faultsNamed(names.split(',')),
    onLine: json ? () => {} : (line: string) => console.log(line),
  }
  // Nothing would be wrong, as nothing would be broken.
  if (stepsOf(options).length === 0) {
    throw new RangeError(`--minutes ${minutes} leave no room for a fault and the calm after it`)
  }

  return options
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= least) return number
  throw new RangeError(`${name} is a whole number of ${least} or more, not "${text}"`)
}

function positive(name: string, text: string): number {
  const number = Number(text)
  if (number > 0 && Number.isFinite(number)) return number
  throw new RangeError(`${name} is a number above 0, not "${text}"`)
}

/** Everything that is known of a run, for whoever looks for the cause. */
function keep(seed: number, report: string): string {
  const file = join(mkdtempSync(join(tmpdir(), `oban-chaos-seed-${seed}-`)), 'report.txt')
  writeFileSync(file, report)

  return file
}

/** @throws what ended the run before its judgement */
async function perform(options: RunOptions): Promise<number> {
  const { seed, onLine } = options
  await removeLeftovers()
  onLine(`seed ${seed}`)
  const { summary, report } = await run(options)
  if (summary.violations.length === 0) {
    console.log(JSON.stringify(summary))

    return 0
  }
  for (const { id, what } of summary.violations) {
    onLine(id === undefined ? what : `job ${id} ${what}`)
  }
  const file = keep(seed, report)
  onLine(`timelines and what the nodes told: ${file}`)
  console.log(JSON.stringify({ ...summary, report: file }))

  return 1
}

async function main(): Promise<number> {
  let options
  try {
    options = parse(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    console.error(`chaos: ${error.message}\n\n${HELP}`)

    return 2
  }
  if (options === 'help') {
    console.log(HELP)

    return 0
  }
  try {
    return await perform({ ...options, signal: interruption() })
  } catch (error) {
    // The last line is a summary whatever happens, for programs that read it.
    const { seed, minutes, nodes } = options
    console.error(error)
    console.log(JSON.stringify({ seed, minutes, nodes, violations: [{ what: String(error) }] }))

    return 1
  }
}

// Also when a failure has left something open that would keep the process alive.
process.exit(await main())
