/** `oban queues`: what all nodes make of their queues, and how to turn them from a shell. */
import { checkCommand } from '../config/command.ts'
import { MOST_BY_SIGNAL } from '../config/queue-schema.ts'
import { ConfigError } from '../errors.ts'
import { ALL_QUEUES, type QueueCommand } from '../queue-command.ts'
import { oneLine } from '../telemetry/words.ts'
import { hint } from './arguments.ts'
import { defineCommand, UsageError, type Context, type OptionSpecs } from './command.ts'
import { databaseOptions } from './database.ts'
import { withLookout } from './fleet/open.ts'
import type { Lookout } from './fleet/lookout.ts'
import { intervalOption, readInterval } from './interval.ts'
import { paintFor } from './paint.ts'
import { control, knownQueues } from './queues/control.ts'
import { drawQueues, queuesAsJson } from './queues/draw.ts'
import { watchQueues } from './queues/watch.ts'
import { columnsOf } from './terminal-size.ts'

const options = {
  watch: { type: 'boolean', description: 'draw again and again, until q or Ctrl-C' },
  ...intervalOption,
  node: { type: 'string', value: 'name', description: 'pause and so on: on this node only' },
  limit: {
    type: 'string',
    value: 'number',
    description: 'scale, start: jobs at once on each node',
  },
  threads: { type: 'string', value: 'number', description: 'scale, start: threads of each node' },
  all: { type: 'boolean', description: 'pause, resume: every queue' },
  json: { type: 'boolean', description: 'print a JSON object for each look, one on a line' },
  ...databaseOptions,
} as const satisfies OptionSpecs

type QueuesContext = Context<typeof options>

type Work = (lookout: Lookout, signal: AbortSignal) => Promise<void>

const ACTIONS = ['pause', 'resume', 'scale', 'stop', 'start'] as const

type Action = (typeof ACTIONS)[number]

/** What each takes beside the queue. */
const TAKES: Readonly<Record<Action | 'list', readonly string[]>> = {
  list: ['watch', 'interval'],
  pause: ['node', 'all'],
  resume: ['node', 'all'],
  scale: ['node', 'limit', 'threads'],
  stop: ['node'],
  start: ['node', 'limit', 'threads'],
}

function isAction(word: string): word is Action {
  return ACTIONS.some((action) => action === word)
}

function refuseOthers({ options: given }: QueuesContext, verb: Action | 'list'): void {
  const special = new Set(Object.values(TAKES).flat())
  const wrong = [...special].find(
    (name) => Object.hasOwn(given, name) && !TAKES[verb].includes(name),
  )
  if (wrong === undefined) return
  const takers = Object.entries(TAKES).filter(([, names]) => names.includes(wrong))
  throw new UsageError(`--${wrong} is for oban queues ${takers.map(([name]) => name).join(', ')}`)
}

function readNumber(option: 'limit' | 'threads', text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text)
  throw new UsageError(`--${option} is a number from 1 to ${MOST_BY_SIGNAL[option]}, not "${text}"`)
}

function commandOf(
  action: Action,
  { options: given }: QueuesContext,
  rest: readonly string[],
): QueueCommand {
  const { all = false } = given
  const [queue = all ? ALL_QUEUES : undefined, extra] = rest
  if (queue === undefined) throw new UsageError(`which queue? oban queues ${action} media`)
  if (extra !== undefined) throw new UsageError(`one queue at a time; "${extra}" is too much`)
  if (all && queue !== ALL_QUEUES)
    throw new UsageError('--all means every queue; leave out its name')
  const limit = readNumber('limit', given.limit)
  const threads = readNumber('threads', given.threads)
  if (action === 'scale') {
    if (limit === undefined && threads === undefined) {
      throw new UsageError('scale to what? Give --limit, --threads or both')
    }

    return { action, queue, ...(limit && { limit }), ...(threads && { threads }) }
  }
  if (action === 'start') {
    if (limit === undefined) throw new UsageError('start with which limit? Give --limit')

    return { action, queue, options: { limit, ...(threads && { threads }) } }
  }

  return { action, queue }
}

/** Its problems are mistakes of the command line, and told by what was typed there. */
function asUsage(check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const lines = error.problems.map(({ path, message }) => {
      const name = path.split('.').at(-1) ?? path

      return name === 'limit' || name === 'threads' ? `--${name}: ${message}` : message
    })
    throw new UsageError(lines.join('; '))
  }
}

function turn(action: Action, context: QueuesContext, rest: readonly string[]): Work {
  refuseOthers(context, action)
  const command = commandOf(action, context, rest)
  asUsage(() => {
    checkCommand(command)
  })
  const { options: given, print, warn } = context

  return async (lookout, signal) => {
    const outcomes = await control({
      command,
      node: given.node,
      look: () => lookout.look(signal),
      tell: (told, ident) => lookout.tell(told, ident),
      signal,
    })
    signal.throwIfAborted()
    if (given.json) print(JSON.stringify({ ...command, nodes: outcomes }))
    for (const { instance, node, queue, hasObeyed, words } of outcomes) {
      const who = oneLine(`${node} (${instance}): ${queue}`)
      if (!hasObeyed) warn(`${who} ${words}: not as asked (yet)`)
      else if (!given.json) print(`${who} ${words}`)
    }
    if (outcomes.length === 0) await failUnheard(lookout, signal, command)
    if (outcomes.some(({ hasObeyed }) => !hasObeyed)) {
      throw new Error(`not every node has done it within some seconds; look with "oban queues"`)
    }
  }
}

/** The nodes were told, but none is known that it is for. */
async function failUnheard(
  lookout: Lookout,
  signal: AbortSignal,
  { queue }: QueueCommand,
): Promise<never> {
  const look = await lookout.look(signal)
  if (look.deafness !== undefined) {
    throw new Error(`the nodes are told, but none can be heard: ${look.deafness}`)
  }
  const known = knownQueues(look)
  const others = known.length === 0 ? 'none' : known.join(', ')
  throw new Error(
    `no node that answers runs queue "${queue}" (they run: ${others})${hint(queue, known)}`,
  )
}

function show(context: QueuesContext): Work {
  refuseOthers(context, 'list')
  const { options: given, env, print, warn } = context
  const intervalMs = readInterval(given)
  if (given.watch) {
    const asJson = given.json ?? false

    return (lookout, signal) => watchQueues({ context, asJson, lookout, signal, intervalMs })
  }

  return async (lookout, signal) => {
    const look = await lookout.look(signal)
    signal.throwIfAborted()
    if (given.json) return print(JSON.stringify(queuesAsJson(look)))
    const { isTTY } = process.stdout
    const width = columnsOf(process.stdout, Infinity)
    if (look.deafness !== undefined) warn(`no node can be heard: ${look.deafness}`)
    if (look.queues.length === 0) return warn('no queue has jobs, and no node runs one')
    for (const line of drawQueues(look.queues, { width, paint: paintFor(isTTY, env) })) print(line)
  }
}

export const queuesCommand = defineCommand({
  name: 'queues',
  summary: 'show queues over all nodes; pause, resume, scale, stop and start them',
  options,
  operands: {
    usage: '[pause|resume|scale|stop|start] [queue]',
    description: 'what to do. Default: show them',
    words: ACTIONS,
  },
  examples: [
    { line: 'oban queues --watch', description: 'live, until q' },
    { line: 'oban queues pause media', description: 'on every node' },
    {
      line: 'oban queues scale media --limit 20 --node web-1',
      description: 'on one node, until it starts again',
    },
  ],
  exitCodes: { 1: 'failed, or a node that was told has not done it' },

  async run(context) {
    const [word, ...rest] = context.operands
    if (word !== undefined && !isAction(word)) {
      throw new UsageError(
        `oban queues has no "${word}"${hint(word, ACTIONS) || `; there are ${ACTIONS.join(', ')}`}`,
      )
    }
    const work = word === undefined ? show(context) : turn(word, context, rest)
    await withLookout(context, work)
  },
})
