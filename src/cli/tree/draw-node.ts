/** Draws a node as it answered: its process, its tree, and what queues and threads are at. */
import type { ChildDescription } from '../../../supervisors/index.ts'
import type { NodePortrait } from '../../notifier/portrait.ts'
import type { QueuePortrait } from '../../notifier/portrait.ts'
import type { ThreadState } from '../../queue-state.ts'
import { oneLine } from '../../telemetry/words.ts'
import type { Paint } from '../paint.ts'
import { byteSize, count, elapsed } from '../quantity.ts'
import { drawTree, type Note } from './draw-tree.ts'

/** Ids of jobs that are named; a queue may run thousands. */
const MOST_IDS = 8

/** Shown in other columns, or of no use to people. */
const SHOWN_ELSEWHERE = new Set(['exits', 'limit', 'thread', 'uuid'])

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** `12 15 … 3 more` */
function ids(running: readonly number[]): string {
  const more = running.length - MOST_IDS
  const named = running.slice(0, MOST_IDS).join(' ')

  return more > 0 ? `${named} … ${count(more)} more` : named
}

function join(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ')
}

function queueNote({ paused, running, limit, prefetched }: QueuePortrait): string {
  return join([
    paused ? 'paused' : undefined,
    `${count(running.length)}/${count(limit)} running`,
    prefetched === 0 ? undefined : `${count(prefetched)} ahead`,
    ids(running),
  ])
}

function threadNote({ running, jobs, memoryBytes, utilization }: ThreadState): string {
  return join([
    `${count(running.length)} running`,
    utilization === undefined ? undefined : `${percent(utilization)} busy`,
    memoryBytes === undefined ? undefined : byteSize(memoryBytes),
    `${count(jobs)} done`,
    ids(running),
  ])
}

/** One fact that an actor shows: `beatAt` reads `beat 2.1 s ago`, `waiting` `3 waiting`. */
function factNote(name: string, value: unknown, at: Date): string {
  if (typeof value === 'number') {
    const noun = value === 1 ? name.replace(/ies$/, 'y').replace(/s$/, '') : name

    return value === 0 ? '' : `${count(value)} ${noun}`
  }
  if (typeof value === 'boolean') return value ? name : ''
  if (typeof value !== 'string') return ''
  const timeMs = name.endsWith('At') ? Date.parse(value) : Number.NaN
  if (Number.isNaN(timeMs)) return `${name} ${value}`

  return `${name.slice(0, -'At'.length)} ${elapsed(Math.max(0, at.getTime() - timeMs))} ago`
}

function contextNote({ context, tree }: ChildDescription, at: Date): string {
  if (tree !== undefined && tree.recentRestarts > 0) {
    return `${tree.recentRestarts} of ${tree.maxRestarts} restarts in ${tree.maxSeconds} s`
  }
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return ''
  const facts = Object.entries(context).filter(([name]) => !SHOWN_ELSEWHERE.has(name))

  return oneLine(join(facts.map(([name, value]) => factNote(name, value, at))))
}

/** What a queue and its threads are at stands in the queue's state, not in the tree. */
function noteFor({ at, queues }: NodePortrait): Note {
  const byName = new Map(queues.map((queue) => [queue.queue, queue]))

  return (child, path) => {
    const below = path.slice(path.indexOf('foreman') + 1)
    const [name = '', pool, ...thread] = path.includes('foreman') ? below : []
    const queue = byName.get(name)
    const own = contextNote(child, at)
    if (queue === undefined) return own
    if (pool === undefined) return join([queueNote(queue), own])
    const place = queue.threads.find((each) => `thread/${each.thread}` === thread.join('/'))

    return place === undefined ? own : join([threadNote(place), own])
  }
}

/** Share of one core since the portrait before, or since the process started. */
export function cpuShare({ process }: NodePortrait, before: NodePortrait | undefined): number {
  const isSame = before?.process.pid === process.pid
  const sinceSeconds = isSame ? before.process.uptimeSeconds : 0
  const usedSeconds = process.cpuSeconds - (isSame ? before.process.cpuSeconds : 0)

  return usedSeconds / Math.max(0.001, process.uptimeSeconds - sinceSeconds)
}

/**
 * Some lines about a node.
 *
 * @param before - the portrait before this one: the load since then is shown
 */
export function drawNode(portrait: NodePortrait, paint: Paint, before?: NodePortrait): string[] {
  const { instance, node, process, tree } = portrait
  const facts = join([
    `cpu ${percent(cpuShare(portrait, before))}`,
    byteSize(process.memoryBytes),
    `up ${elapsed(process.uptimeSeconds * 1_000)}`,
    `pid ${process.pid}`,
    `Node.js ${oneLine(process.nodeVersion)}`,
  ])

  return [
    `${paint('bold', oneLine(node))} ${paint('dim', facts)}`,
    ...drawTree(instance, tree, paint, noteFor(portrait)),
  ]
}
