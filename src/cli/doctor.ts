/** `oban doctor`: looks at a database from all sides, and says what to do. It changes nothing. */
import { existsSync } from 'node:fs'
import { hidePassword } from '../engine/client.ts'
import { defineCommand, jsonOption, UsageError } from './command.ts'
import { databaseOptions, resolveDatabase } from './database.ts'
import { drawFindings, summarize } from './doctor/draw.ts'
import { examine, tally, worst } from './doctor/examination.ts'
import { paintFor } from './paint.ts'
import { plural } from './quantity.ts'

/** Where output goes to a file or a pipe. */
const USUAL_WIDTH = 100

/** Where an embedded server keeps its files, which a diagnosis must not be the first to make. */
const EMBEDDED_FOLDER = '.oban'

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'check the database, the nodes and the jobs, and say what to do',
  options: {
    ...databaseOptions,
    strict: { type: 'boolean', description: 'exit with 1 for warnings too' },
    ...jsonOption,
  },

  async run(context) {
    const { options, env, print } = context
    const given = options['database-url'] ?? env['DATABASE_URL'] ?? ''
    if (given === '' && !existsSync(EMBEDDED_FOLDER)) {
      throw new UsageError('which database? Give --database-url, or set DATABASE_URL')
    }
    const database = await resolveDatabase(context)
    try {
      const prefix = options.prefix ?? 'public'
      const examination = await examine({ url: database.url, prefix })
      const counts = tally(examination.findings)
      if (options.json) {
        print(JSON.stringify({ prefix, counts, ...examination }))
      } else {
        const { columns, isTTY } = process.stdout
        const paint = paintFor(isTTY, env)
        const where = `schema "${prefix}" of ${hidePassword(database.url)}`
        const width = isTTY ? columns : USUAL_WIDTH
        const lines = drawFindings(examination, { paint, width })
        print([`${paint('bold', 'oban doctor')}: ${where}`, '', ...lines].join('\n'))
        print(summarize(examination, paint))
      }
      const found = worst(examination.findings)
      if (found === 'problem') throw new Error(`${plural(counts.problem, 'problem')} found`)
      if (found === 'warning' && options.strict) {
        throw new Error(`${plural(counts.warning, 'warning')} found`)
      }
    } finally {
      await database.stop()
    }
  },
})
