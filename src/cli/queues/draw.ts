/** `oban queues`: a line for each queue of all nodes. */
import { oneLine } from '../../telemetry/words.ts'
import { drawColumns, type FittedColumn } from '../columns.ts'
import { capacityOf, type Depth, type QueueLook } from '../fleet/gather.ts'
import type { Look } from '../fleet/lookout.ts'
import type { Paint } from '../paint.ts'
import { age, count } from '../quantity.ts'

const COLUMNS: readonly FittedColumn[] = [
  { title: 'queue', least: 8 },
  { title: 'nodes', align: 'right', leave: 2 },
  { title: 'running', align: 'right' },
  { title: 'available', align: 'right' },
  { title: 'oldest', align: 'right', leave: 1 },
  { title: 'scheduled', align: 'right', leave: 3 },
  { title: 'retryable', align: 'right' },
  { title: 'executing', align: 'right', leave: 4 },
  { title: 'state', least: 6 },
]

/** `1,204`, or `~61,300` where it was not counted. */
export function depthWord({ jobs, isEstimate }: Depth): string {
  return isEstimate ? `~${count(jobs)}` : count(jobs)
}

/** What a queue is at beside running: empty for one that just runs. */
export function stateWord(look: QueueLook, paint: Paint): string {
  const { known, paused } = capacityOf(look)
  const silent = look.nodes.length - known
  const words = [
    ...(look.nodes.length === 0 ? [paint('red', 'no node')] : []),
    ...(paused === 0 ? [] : [paint('yellow', pausedWord(paused, known))]),
    ...(silent === 0 ? [] : [paint('yellow', `${silent} silent`)]),
  ]

  return words.join(', ')
}

function pausedWord(paused: number, known: number): string {
  return paused === known ? 'paused' : `paused on ${paused} of ${known}`
}

/** `12/40` of the nodes that have answered. */
function runningWord(look: QueueLook): string {
  const { running, limit, known } = capacityOf(look)

  return known === 0 ? '' : `${count(running)}/${count(limit)}`
}

export function drawQueues(
  queues: readonly QueueLook[],
  options: { readonly width: number; readonly paint: Paint },
): string[] {
  const rows = queues.map((look) => [
    oneLine(look.queue),
    String(look.nodes.length),
    runningWord(look),
    depthWord(look.depths.available),
    look.oldestSeconds === null ? '' : age(look.oldestSeconds * 1_000),
    depthWord(look.depths.scheduled),
    depthWord(look.depths.retryable),
    depthWord(look.depths.executing),
    stateWord(look, options.paint),
  ])

  return drawColumns(COLUMNS, rows, options)
}

/** What `--json` has of a look. */
export function queuesAsJson({ queues, leaders, silent }: Look): object {
  return { leaders, silentNodes: silent, queues: queues.map(queueAsJson) }
}

export function queueAsJson(look: QueueLook): object {
  const { queue, nodes, depths, oldestSeconds } = look
  const { running, limit, paused, known } = capacityOf(look)
  const estimated = Object.entries(depths).filter(([, { isEstimate }]) => isEstimate)

  return {
    queue,
    running: known === 0 ? null : running,
    limit: known === 0 ? null : limit,
    pausedNodes: paused,
    available: depths.available.jobs,
    scheduled: depths.scheduled.jobs,
    retryable: depths.retryable.jobs,
    executing: depths.executing.jobs,
    estimated: estimated.map(([state]) => state),
    oldestAvailableSeconds: oldestSeconds,
    nodes: nodes.map(({ instance, node, portrait }) => ({
      instance,
      node,
      answered: portrait !== undefined,
      ...(portrait && {
        running: portrait.running.length,
        limit: portrait.limit,
        paused: portrait.paused,
        threads: portrait.threads.length,
      }),
    })),
  }
}
