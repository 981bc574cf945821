/** `oban doctor`: looks at a database from all sides, and says what to do. It changes nothing. */
import { existsSync } from 'node:fs'
import { nameOf } from '../engine/client.ts'
import { listenerOf } from '../engine/reach.ts'
import { defineCommand, jsonOption, UsageError } from './command.ts'
import { databaseOptions, reach } from './database.ts'
import { drawFindings, summarize } from './doctor/draw.ts'
import { examine, tally, worst, type Examination } from './doctor/examination.ts'
import { paintFor } from './paint.ts'
import { plural } from './quantity.ts'
import { resolveSettings } from './settings.ts'
import { settingOptions } from './settings/options.ts'
import { columnsOf } from './terminal-size.ts'

/** Where output goes to a file or a pipe. */
const USUAL_WIDTH = 100

/** Where an embedded server keeps its files, which a diagnosis must not be the first to make. */
const EMBEDDED_FOLDER = '.oban'

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'check the database, the nodes and the jobs, and say what to do',
  options: {
    ...databaseOptions,
    'listen-url': settingOptions['listen-url'],
    strict: { type: 'boolean', description: 'exit with 1 for warnings too' },
    ...jsonOption,
  },
  examples: [
    { line: 'oban doctor', description: 'what there is to do, and how' },
    { line: 'oban doctor --strict --json', description: 'in a pipeline, before a deploy' },
  ],
  exitCodes: { 1: 'something is wrong, with --strict also what is only a warning; or it failed' },

  async run(context) {
    const { options, print, warn } = context
    const { database, prefix } = (await resolveSettings(context)).config
    if (database === undefined && !existsSync(EMBEDDED_FOLDER)) {
      throw new UsageError('which database? Give --database-url, or set DATABASE_URL')
    }
    const { connect, stop } = await reach(database, warn)
    try {
      const examination = await examine({ connect, listen: listenerOf(database), prefix })
      const counts = tally(examination.findings)
      if (options.json) print(JSON.stringify({ prefix, counts, ...examination }))
      else {
        const where = `schema "${prefix}" of ${nameOf(connect)}`
        for (const line of lines(examination, where, context.env)) print(line)
      }
      const found = worst(examination.findings)
      if (found === 'problem') throw new Error(`${plural(counts.problem, 'problem')} found`)
      if (found === 'warning' && options.strict) {
        throw new Error(`${plural(counts.warning, 'warning')} found`)
      }
    } finally {
      await stop()
    }
  },
})

function lines(examination: Examination, where: string, env: NodeJS.ProcessEnv): string[] {
  const paint = paintFor(process.stdout.isTTY, env)
  const width = columnsOf(process.stdout, USUAL_WIDTH)

  return [
    `${paint('bold', 'oban doctor')}: ${where}`,
    '',
    ...drawFindings(examination, { paint, width }),
    summarize(examination, paint),
  ]
}
