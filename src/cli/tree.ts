/** `oban tree`: what the nodes that share a database are doing, wherever they run. */
import type { Client } from 'pg'
import { SchemaMissingError } from '../database-errors.ts'
import { livingProducers } from '../engine/producers.ts'
import type { NodePortrait } from '../notifier/portrait.ts'
import { defineCommand, type Context, type OptionSpecs } from './command.ts'
import { databaseOptions, withDatabase } from './database.ts'
import { listenForSignals } from './interruption.ts'
import { intervalOption, readInterval } from './interval.ts'
import { isMissing } from './missing-tables.ts'
import { paintFor } from './paint.ts'
import { ANSWER_MS, Asker, nameOf } from './tree/asker.ts'
import { drawNode } from './tree/draw-node.ts'
import { explainSilence } from './tree/silence.ts'
import { drawRound, watch, watchLive, type WatchInput } from './tree/watch.ts'

const options = {
  ...databaseOptions,
  node: { type: 'string', value: 'name', description: 'this node only' },
  watch: { type: 'boolean', description: 'draw again and again, until q or Ctrl-C' },
  ...intervalOption,
  json: { type: 'boolean', description: 'print a JSON object for each node, one on a line' },
} as const satisfies OptionSpecs

type TreeContext = Context<typeof options>
type Question = Omit<WatchInput, 'intervalMs' | 'onRound'>

export const treeCommand = defineCommand({
  name: 'tree',
  summary: 'show what runs on every node: actors, queues, threads, jobs',
  options,
  examples: [
    { line: 'oban tree', description: 'once, of every node' },
    { line: 'oban tree --watch --node web.1', description: 'one node, until q or Ctrl-C' },
    { line: 'oban tree --json | jq .node', description: 'an object for each node' },
  ],
  exitCodes: { 1: 'failed, or no node answered; one line on standard error says why' },

  async run(context) {
    const { options: given } = context
    const intervalMs = readInterval(given)
    await withDatabase(context, async (client, prefix) => {
      const interruption = listenForSignals(() => undefined)
      const signal = AbortSignal.any([interruption.signal, loss(client)])
      try {
        const question = await prepare(client, prefix, given.node, signal)
        if (given.watch) await watchNodes(context, question, intervalMs)
        else await showNodes(context, question)
        signal.throwIfAborted()
      } catch (error) {
        throw isMissing(error) ? new SchemaMissingError(prefix, { cause: error }) : error
      } finally {
        interruption.dispose()
      }
    })
  },
})

/** Aborted when the connection is lost. */
function loss(client: Client): AbortSignal {
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(new Error('the connection to the database was lost'))
  }
  client.on('error', abort)
  client.on('end', abort)

  return controller.signal
}

async function prepare(
  client: Client,
  prefix: string,
  node: string | undefined,
  signal: AbortSignal,
): Promise<Question> {
  const living = await livingProducers({ client, prefix, named: false })
  const asker = await Asker.on(client, prefix)

  return {
    asker,
    node,
    expected: new Set(living.map((row) => nameOf({ instance: row.name, node: row.node }))),
    signal,
    explain: (heard) => explainSilence({ living, prefix, node, ...heard }),
  }
}

async function showNodes(context: TreeContext, question: Question): Promise<void> {
  const { print, warn, env, options: given } = context
  const { asker, explain, node, signal } = question
  const { portraits, ...heard } = await asker.ask({ ...question, waitMs: ANSWER_MS })
  signal.throwIfAborted()
  if (portraits.length === 0) {
    for (const line of explain(heard)) warn(line)
    const who = node === undefined ? 'no node answered' : `node "${node}" has not answered`
    throw new Error(`${who} within ${ANSWER_MS / 1_000} s`)
  }
  const paint = paintFor(process.stdout.isTTY, env)
  for (const [index, portrait] of portraits.entries()) {
    if (given.json) printJson(context, portrait)
    else print([...(index === 0 ? [] : ['']), ...drawNode(portrait, paint)].join('\n'))
  }
}

function printJson({ print }: TreeContext, portrait: NodePortrait): void {
  print(JSON.stringify(portrait))
}

async function watchNodes(
  context: TreeContext,
  question: Question,
  intervalMs: number,
): Promise<void> {
  const { env, print, warn, options: given } = context
  const { isTTY } = process.stdout
  const paint = paintFor(isTTY, env)
  if (isTTY && !given.json) return watchLive({ ...question, intervalMs, paint })
  const gone = new AbortController()
  // The reader has seen enough, as in `oban tree --watch | head`.
  process.stdout.once('error', () => {
    gone.abort()
  })

  return watch({
    ...question,
    signal: AbortSignal.any([question.signal, gone.signal]),
    intervalMs,
    onRound: (round) => {
      const fresh = round.sittings.filter(({ atMs }) => atMs === round.nowMs)
      if (fresh.length === 0) {
        for (const line of question.explain(round.heard)) warn(line)
      } else if (given.json) {
        for (const { latest } of fresh) printJson(context, latest)
      } else {
        print([...drawRound(round, paint, []), ''].join('\n'))
      }
    },
  })
}
