/** The command `npm run bench:plot -- results.jsonl folder`: SVGs of what `npm run bench -- --json` said. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { barChart } from './bar-chart.ts'
import type { Outcome } from './comparison.ts'
import { charts } from './figures.ts'

const USAGE = `npm run bench:plot -- RESULTS FOLDER

  RESULTS  a file with the lines that \`npm run bench -- --json\` printed
  FOLDER   where the SVGs go, one for each family of cases and unit

Exit code 0: they are written; 2: the arguments cannot be followed.`

function misuse(message: string): never {
  console.error(`bench:plot: ${message}\n\n${USAGE}`)
  process.exit(2)
}

/** npm prints lines of its own before ours. */
function read(file: string): Outcome[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Outcome => JSON.parse(line))
  } catch (error) {
    return misuse(`${file} cannot be read: ${String(error)}`)
  }
}

const args = process.argv.slice(2)
const [results, folder] = args
if (args.includes('--help') || args.includes('-h')) {
  console.log(USAGE)
  process.exit(0)
}
if (results === undefined || folder === undefined || args.length > 2) {
  misuse('expected a file of results and a folder')
}
const found = charts(read(results))
if (found.size === 0) misuse(`${results} has no results to draw`)
mkdirSync(folder, { recursive: true })
for (const [name, chart] of found) {
  writeFileSync(join(folder, name), barChart(chart))
  console.log(join(folder, name))
}
