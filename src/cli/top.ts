/** `oban top`: what is going on, on one screen that renews itself. */
import type { NodePortrait } from '../notifier/portrait.ts'
import { defineCommand, type Context, type OptionSpecs } from './command.ts'
import { databaseOptions } from './database.ts'
import type { Lookout } from './fleet/lookout.ts'
import { withLookout } from './fleet/open.ts'
import { intervalOption, readInterval } from './interval.ts'
import { paintFor } from './paint.ts'
import { elapsed } from './quantity.ts'
import { queueAsJson } from './queues/draw.ts'
import { columnsOf } from './terminal-size.ts'
import { drawTop } from './top/draw.ts'
import { History } from './top/history.ts'
import { topLive } from './top/live.ts'
import { lookClosely, type TopLook } from './top/look.ts'
import { nameOf } from './tree/asker.ts'
import { rest } from './tree/rest.ts'

const options = {
  ...intervalOption,
  once: { type: 'boolean', description: 'print one screen and end, as without a terminal' },
  json: { type: 'boolean', description: 'the same as one JSON object' },
  ...databaseOptions,
} as const satisfies OptionSpecs

type TopContext = Context<typeof options>

interface Twice {
  readonly seen: TopLook
  readonly history: History
  readonly before: ReadonlyMap<string, NodePortrait>
}

/** Two looks: what gets done shows between them. */
async function lookTwice(
  lookout: Lookout,
  intervalMs: number,
  signal: AbortSignal,
): Promise<Twice> {
  const history = new History()
  const first = await lookClosely(lookout, signal)
  history.add(first.queues, first.portraits)
  await rest(intervalMs, signal)
  signal.throwIfAborted()
  const seen = await lookClosely(lookout, signal)
  history.add(seen.queues, seen.portraits)
  const before = new Map(first.portraits.map((portrait) => [nameOf(portrait), portrait]))

  return { seen, history, before }
}

function asJson({ seen, history }: Twice): object {
  const { leaders, latencyMs, silent, portraits, queues, running, failures } = seen

  return {
    leaders,
    databaseLatencyMs: latencyMs,
    nodes: portraits.map(({ instance, node, process }) => ({ instance, node, ...process })),
    silentNodes: silent,
    queues: queues.map((look) => {
      const rate = history.of(look.queue).rates.at(-1)

      return {
        ...queueAsJson(look),
        completedPerSecond: rate?.completed ?? null,
        failedPerSecond: rate?.failed ?? null,
      }
    }),
    longestRunning: running,
    latestFailures: failures,
  }
}

/** Columns where no terminal says how many it has. */
const USUAL_COLUMNS = 120

async function printOnce(
  { options: given, env, print }: TopContext,
  lookout: Lookout,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  const twice = await lookTwice(lookout, intervalMs, signal)
  if (given.json) return print(JSON.stringify(asJson(twice)))
  const { isTTY } = process.stdout
  const { seen, history, before } = twice
  const screen = {
    sight: { seen, outage: undefined },
    history,
    before,
    chosen: undefined,
    status: `within ${elapsed(intervalMs)}`,
    keys: '',
    paint: paintFor(isTTY, env),
  }
  const columns = columnsOf(process.stdout, USUAL_COLUMNS)
  for (const line of drawTop(screen, { columns, rows: Infinity })) print(line)
}

export const topCommand = defineCommand({
  name: 'top',
  summary: 'watch throughput, depth, running jobs and failures on one screen',
  options,
  examples: [
    { line: 'oban top --interval 5', description: 'a look each five seconds' },
    { line: 'oban top --once', description: 'one screen, for a log or a ticket' },
  ],

  async run(context) {
    const { options: given, env } = context
    const intervalMs = readInterval({ ...given, watch: true })
    const { stdout } = process
    const isLive = stdout.isTTY && !given.once && !given.json
    await withLookout(context, (lookout, signal) =>
      isLive
        ? topLive({ lookout, intervalMs, signal, paint: paintFor(true, env) })
        : printOnce(context, lookout, intervalMs, signal),
    )
  },
})
