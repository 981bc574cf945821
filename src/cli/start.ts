/** `oban start`: a node in a process of its own, as a file, the environment and options describe it. */
import { systemClock } from '../clock.ts'
import { defineCommand, UsageError, type OptionSpecs } from './command.ts'
import { listenForSignals } from './interruption.ts'
import { resolveSettings, type Settings } from './settings.ts'
import { healthOptions, settingOptions } from './settings/options.ts'
import { announcer } from './start/announcer.ts'
import { drawDryRun } from './start/dry-run.ts'
import { runNode } from './start/run-node.ts'

const options = {
  ...settingOptions,
  ...healthOptions,
  'dry-run': {
    type: 'boolean',
    description: 'print the settings as they were put together, without secrets, and end',
  },
  json: { type: 'boolean', description: 'print these, or what is wrong with them, in one line' },
} as const satisfies OptionSpecs

export const startCommand = defineCommand({
  name: 'start',
  summary: 'run the queues of oban.config.js until SIGTERM or Ctrl-C',
  options,
  examples: [
    { line: 'oban start', description: 'as oban.config.js says' },
    {
      line: 'oban start --queues default:10,media --log json',
      description: 'two of its queues, one with another limit',
    },
    {
      line: "oban start --queues default:10 --workers 'dist/workers/*.js' --health-port 8080",
      description: 'without a file, and asked by Kubernetes how it is',
    },
    { line: 'oban start --dry-run', description: 'what it would run with' },
  ],
  exitCodes: {
    0: 'stopped when asked to',
    1: 'could not start, or the supervision tree gave up; standard error says why',
  },

  async run({ env, options: given, print, warn }) {
    const settings = await resolveSettings({ env, options: given }, 'node')
    requireSomething(settings)
    if (given['dry-run']) return print(drawDryRun(settings, given.json ? 0 : 2))

    const announce = announcer(settings.options.logger, { print, warn, now: systemClock.now })
    const interruption = listenForSignals(() => {
      announce(
        'warn',
        'node.stopping',
        'stopping: running jobs may finish within the grace (once more ends at once)',
      )
    })
    try {
      await runNode({ ...settings, interruption, announce })
      announce('info', 'node.stopped', 'stopped')
    } finally {
      interruption.dispose()
    }
  },
})

/** @throws {UsageError} when nothing says what is to run */
function requireSomething({ file, options: { queues } }: Settings): void {
  if (file !== undefined || queues !== undefined) return
  throw new UsageError(
    `there is no oban.config.js, .mjs or .ts in ${process.cwd()}; give one with --config <file>, ` +
      'or say what is to run with --queues and --workers',
  )
}
