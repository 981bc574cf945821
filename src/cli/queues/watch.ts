/** `oban queues --watch`: in place on a terminal, one look after the other elsewhere. */
import type { Context } from '../command.ts'
import type { Look, Lookout } from '../fleet/lookout.ts'
import { keepLooking, type Sight } from '../fleet/watch.ts'
import { withLiveView } from '../live-view.ts'
import { paintFor, type Paint } from '../paint.ts'
import { elapsed, plural } from '../quantity.ts'
import { drawQueues, queuesAsJson } from './draw.ts'

export interface WatchQueuesInput {
  readonly context: Pick<Context, 'env' | 'print' | 'warn'>
  readonly asJson: boolean
  readonly lookout: Lookout
  readonly intervalMs: number
  /** Ends the watch. */
  readonly signal: AbortSignal
}

/** What is wrong with what is shown below; empty while nothing is. */
export function troubleLines({ seen, outage }: Sight<Look>, paint: Paint): string[] {
  if (outage !== undefined) {
    const since = elapsed(outage.nowMs - outage.sinceMs)

    return [paint('red', `no database for ${since}, this is what was: ${outage.reason}`)]
  }
  if (seen.deafness === undefined) return []

  return [paint('yellow', `no node can be heard: ${seen.deafness}`)]
}

export async function watchQueues(input: WatchQueuesInput): Promise<void> {
  const { isTTY } = process.stdout
  if (isTTY && !input.asJson) return watchLive(input)

  return watchLines(input)
}

async function watchLines(input: WatchQueuesInput): Promise<void> {
  const { lookout, intervalMs, asJson, context } = input
  const paint = paintFor(process.stdout.isTTY, context.env)
  const gone = new AbortController()
  // The reader has seen enough, as in `oban queues --watch | head`.
  process.stdout.once('error', () => {
    gone.abort()
  })
  await keepLooking<Look>({
    look: (signal) => lookout.look(signal),
    loadMs: ({ databaseMs }) => databaseMs,
    intervalMs: () => intervalMs,
    signal: AbortSignal.any([input.signal, gone.signal]),
    onSight: (sight) => {
      const { seen, outage } = sight
      if (outage !== undefined) context.warn(`no database: ${outage.reason}`)
      else if (asJson) context.print(JSON.stringify(queuesAsJson(seen)))
      else {
        const table = drawQueues(seen.queues, { width: Infinity, paint })
        context.print([...troubleLines(sight, paint), ...table, ''].join('\n'))
      }
    },
  })
}

async function watchLive(input: WatchQueuesInput): Promise<void> {
  const { lookout, intervalMs, context } = input
  const paint = paintFor(true, context.env)
  await withLiveView(input, async (view, signal) => {
    view.draw([paint('dim', 'looking …')])
    await keepLooking<Look>({
      look: (ended) => lookout.look(ended),
      loadMs: ({ databaseMs }) => databaseMs,
      intervalMs: () => intervalMs,
      signal,
      onSight: (sight) => {
        const { queues, portraits } = sight.seen
        const nodes = plural(portraits.length, 'node')
        const title = `${plural(queues.length, 'queue')} on ${nodes} · every ${elapsed(intervalMs)} · q ends`
        view.draw(({ columns }) => [
          paint('dim', title),
          ...troubleLines(sight, paint),
          ...drawQueues(queues, { width: columns, paint }),
        ])
      },
    })
  })
}
