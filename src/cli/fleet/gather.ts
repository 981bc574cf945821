/** Puts together what the database has of the queues, and what their nodes say. */
import type { NodePortrait, QueuePortrait } from '../../notifier/portrait.ts'
import { nameOf } from '../tree/asker.ts'

export type LaneState = 'available' | 'executing' | 'retryable' | 'scheduled'

/** How many jobs of a queue are in a state. */
export interface Depth {
  readonly jobs: number
  /** From so many jobs on they are not counted: it is what PostgreSQL's statistics say. */
  readonly isEstimate: boolean
}

export interface Lane extends Depth {
  readonly state: LaneState
  readonly queue: string
}

/** A queue on a node. */
export interface QueueOnNode {
  readonly instance: string
  readonly node: string
  /** What it says; undefined when it has not answered, and only its heart is seen to beat. */
  readonly portrait: QueuePortrait | undefined
}

/** A queue on all nodes. */
export interface QueueLook {
  readonly queue: string
  readonly nodes: readonly QueueOnNode[]
  readonly depths: Readonly<Record<LaneState, Depth>>
  /** How long the job has been due that has waited longest; null when none waits. */
  readonly oldestSeconds: number | null
}

/** A producer whose heart beats, as the database has it. */
export interface Beating {
  /** The instance. */
  readonly name: string
  readonly node: string
  readonly queue: string
}

export interface Gathered {
  readonly lanes: readonly Lane[]
  readonly oldest: ReadonlyMap<string, number | null>
  readonly living: readonly Beating[]
  readonly portraits: readonly NodePortrait[]
}

const NONE: Depth = { jobs: 0, isEstimate: false }

/** Of a node that answers we know which queues it has; a row may be that of one it has just stopped. */
function silentRows({ living, portraits }: Gathered): Beating[] {
  const answered = new Set(portraits.map(nameOf))

  return living.filter(({ name, node }) => !answered.has(nameOf({ instance: name, node })))
}

function nodesOf(gathered: Gathered, queue: string): QueueOnNode[] {
  const told = gathered.portraits.flatMap(({ instance, node, queues }) => {
    const portrait = queues.find((each) => each.queue === queue)

    return portrait === undefined ? [] : [{ instance, node, portrait }]
  })
  const silent = silentRows(gathered)
    .filter((row) => row.queue === queue)
    .map(({ name, node }) => ({ instance: name, node, portrait: undefined }))

  return [...told, ...silent].toSorted(
    (a, b) => a.node.localeCompare(b.node) || a.instance.localeCompare(b.instance),
  )
}

/** Every queue that has jobs or nodes, by name. */
export function gatherQueues(gathered: Gathered): QueueLook[] {
  const { lanes, oldest, portraits } = gathered
  const names = new Set([
    ...lanes.map(({ queue }) => queue),
    ...silentRows(gathered).map(({ queue }) => queue),
    ...portraits.flatMap(({ queues }) => queues.map(({ queue }) => queue)),
  ])

  return [...names].toSorted().map((queue) => {
    const depth = (state: LaneState): Depth =>
      lanes.find((lane) => lane.queue === queue && lane.state === state) ?? NONE

    return {
      queue,
      nodes: nodesOf(gathered, queue),
      depths: {
        available: depth('available'),
        scheduled: depth('scheduled'),
        retryable: depth('retryable'),
        executing: depth('executing'),
      },
      oldestSeconds: oldest.get(queue) ?? null,
    }
  })
}

/** Of the nodes that have answered. */
export interface Capacity {
  readonly running: number
  readonly limit: number
  /** How many nodes have paused it, of how many. */
  readonly paused: number
  readonly known: number
}

export function capacityOf({ nodes }: QueueLook): Capacity {
  const told = nodes.flatMap(({ portrait }) => portrait ?? [])

  return {
    running: told.reduce((total, { running }) => total + running.length, 0),
    limit: told.reduce((total, { limit }) => total + limit, 0),
    paused: told.filter(({ paused }) => paused).length,
    known: told.length,
  }
}
