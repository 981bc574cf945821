/** `oban demo`: real work on real files, from an empty folder to a report, with nothing to set up. */
import { defineCommand, type OptionSpecs } from './command.ts'
import { openDatabase } from './database.ts'
import { keepingLines } from './demo/keeping.ts'
import { resolveRoots } from './demo/roots.ts'
import { runDemo } from './demo/run.ts'
import { drawScreen, type ShownDatabase } from './demo/screen.ts'
import type { RunSummary } from './demo/summary.ts'
import { listenForSignals } from './interruption.ts'
import { paintFor } from './paint.ts'
import { openProgress } from './progress.ts'

/** The demo reads no file: its jobs are none of the application's. */
const options = {
  'database-url': {
    type: 'string',
    value: 'url',
    variable: 'DATABASE_URL',
    description: 'the database. Default: an embedded one in .oban/',
  },
  prefix: { type: 'string', value: 'schema', description: 'the schema. Default: public' },
  keep: { type: 'boolean', description: 'run on after the report, until Ctrl-C' },
  json: { type: 'boolean', description: 'print a summary as JSON, in one line after the report' },
} as const satisfies OptionSpecs

export const demoCommand = defineCommand({
  name: 'demo',
  summary: 'run jobs of every kind, some of which misbehave, on your files',
  options,
  operands: {
    usage: '[path…]',
    description: 'files and folders. Default: those of oban-ts',
    completes: 'file',
  },
  examples: [
    { line: 'oban demo', description: 'on an embedded PostgreSQL, with the files of oban-ts' },
    { line: 'oban demo --keep ~/photos', description: 'on your own, and run on to be looked at' },
  ],

  async run(context) {
    const { env, options: given, operands, print } = context
    const { prefix = 'public', keep = false, json = false } = given
    const url = given['database-url'] ?? (env['DATABASE_URL'] || undefined)
    const roots = resolveRoots(operands)
    const stream = process.stdout
    const paint = paintFor(stream.isTTY, env)
    const progress = await openProgress({ stream, env, print, paint })
    const interruption = listenForSignals(() => {
      progress.warn('stopping: running jobs may finish (once more ends at once)')
      progress.update('stopping')
    })
    const onSummary = (summary: RunSummary, database: ShownDatabase): void => {
      progress.stop()
      // Counted from the start of the process, as whoever waits for it does.
      const durationMs = Math.round(performance.now())
      print(drawScreen({ summary, instance: 'Oban', database, durationMs, paint }))
      if (keep) print(keepingLines(database, context, paint).join('\n'))
      if (json) print(JSON.stringify(machineReadable(summary, database, durationMs)))
    }
    try {
      const { problems } = await runDemo({
        prefix,
        afterwards: keep ? 'keep' : 'stop',
        roots,
        paint,
        progress,
        interruption,
        open: (warn) => openDatabase({ url, warn }),
        onSummary,
      })
      if (problems.length > 0) throw new Error(`not as expected: ${problems.join('; ')}`)
    } finally {
      progress.stop()
      interruption.dispose()
    }
  },
})

/** What `--json` prints. */
function machineReadable(
  summary: RunSummary,
  { url, dataDir, isRunning }: ShownDatabase,
  durationMs: number,
) {
  const { problems, run, totals, unreadable, allJobs: _, ...rest } = summary
  const { files, bytes, lines, words, gzipBytes } = totals

  return {
    ok: problems.length === 0,
    problems,
    durationMs,
    database: url,
    dataDir,
    isRunning,
    run,
    files,
    bytes,
    lines,
    words,
    gzipBytes,
    unreadable: unreadable.length,
    ...rest,
  }
}
