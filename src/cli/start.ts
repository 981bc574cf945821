/** `oban start`: a node in a process of its own, as a file, the environment and options describe it. */
import { once } from 'node:events'
import type { ObanOptions } from '../config/options.ts'
import { Oban } from '../oban.ts'
import type { Health } from '../health.ts'
import { banner } from '../telemetry/words.ts'
import { defineCommand, InterruptedError, UsageError } from './command.ts'
import { listenForSignals, type Interruption } from './interruption.ts'
import { resolveSettings, type Settings } from './settings.ts'
import { settingOptions } from './settings/options.ts'
import { watchNotifications } from './start/notifications.ts'

export const startCommand = defineCommand({
  name: 'start',
  summary: 'run the queues of oban.config.js until SIGTERM or Ctrl-C',
  options: settingOptions,
  examples: [
    { line: 'oban start', description: 'as oban.config.js says' },
    {
      line: 'oban start --queues default:10,media --log json',
      description: 'two of its queues, one with another limit',
    },
  ],
  exitCodes: {
    0: 'stopped when asked to',
    1: 'could not start, or the supervision tree gave up; standard error says why',
  },

  async run({ env, options, print, warn }) {
    const settings = await resolveSettings({ env, options }, 'node')
    requireSomething(settings)
    const interruption = listenForSignals(() => {
      warn('stopping: running jobs may finish within the grace (once more ends at once)')
    })
    try {
      await runNode(settings.options, { interruption, print, warn })
      print('stopped')
    } finally {
      interruption.dispose()
    }
  },
})

/** @throws {UsageError} when nothing says what is to run */
function requireSomething({ file, options }: Settings): void {
  if (file !== undefined || options.queues !== undefined) return
  throw new UsageError(
    `there is no oban.config.js, .mjs or .ts in ${process.cwd()}; give one with --config <file>, ` +
      'or say what is to run with --queues',
  )
}

interface Means {
  readonly interruption: Interruption
  readonly print: (line: string) => void
  readonly warn: (line: string) => void
}

/** Run an instance until it is interrupted, which is a good end, or has given up, which is not. */
async function runNode(settings: ObanOptions, { interruption, print, warn }: Means): Promise<void> {
  const gaveUp = new AbortController()
  const ending = AbortSignal.any([interruption.signal, gaveUp.signal])
  await using oban = new Oban({
    ...settings,
    onFatal: (error) => {
      gaveUp.abort(new Error(`the node gave up: ${banner(error)}`, { cause: error }))
      settings.onFatal?.(error)
    },
  })
  const unwatch = watchNotifications({ instance: oban.name, warn })
  try {
    await oban.start()
    print(readyLine(await oban.health()))
    if (!ending.aborted) await once(ending, 'abort')
    if (!(ending.reason instanceof InterruptedError)) throw ending.reason
  } finally {
    unwatch()
  }
}

function readyLine({ instance, node, queues }: Health): string {
  const named = queues.map(({ queue, limit }) => `${queue} ${limit}`).join(', ')
  const what = named === '' ? 'no queues: it stages nothing, but may lead' : `queues: ${named}`

  return `node ${node} of ${instance} is up (process ${process.pid}); ${what}`
}
