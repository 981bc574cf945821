/** Portraits of nodes that are nowhere. */
import type { NodePortrait } from '../../src/notifier/portrait.ts'
import type { QueuePortrait } from '../../src/notifier/portrait.ts'
import type { ChildDescription, TreeDescription } from '../../supervisors/index.ts'

export function leaf(id: string, facts: Partial<ChildDescription> = {}): ChildDescription {
  return { id, restart: 'permanent', state: 'up', restarts: 0, value: 'ready', ...facts }
}

export function tree(
  children: ChildDescription[],
  facts: Partial<TreeDescription> = {},
): TreeDescription {
  return {
    status: 'active',
    phase: 'running',
    strategy: 'one_for_one',
    maxRestarts: 3,
    maxSeconds: 5,
    recentRestarts: 0,
    children,
    ...facts,
  }
}

function queueOf(queue: string): QueuePortrait {
  return {
    queue,
    node: 'web-1',
    uuid: '7f0c2c5e-0000-4000-8000-000000000000',
    limit: 10,
    paused: false,
    running: [12, 15],
    prefetched: 0,
    startedAt: new Date(0),
    threads: [{ thread: 1, state: 'up', running: [12, 15], jobs: 154, exits: 0 }],
  }
}

/** As the tree of an instance has it, with a thread in each queue. */
function queueTree(id: string): ChildDescription {
  const pool = leaf('pool', { tree: tree([leaf('thread/1', { context: { thread: 'up' } })]) })
  const producer = leaf('producer', { value: { running: 'idle' } })

  return leaf(id, { tree: tree([pool, producer, leaf('watchman', { value: 'watching' })]) })
}

interface Facts extends Partial<Omit<NodePortrait, 'queues'>> {
  /** Names. Default: `default` */
  readonly queues?: readonly string[]
}

export function portraitOf({ queues = ['default'], ...facts }: Facts = {}): NodePortrait {
  const foreman = leaf('foreman', { tree: tree(queues.map(queueTree)) })

  return {
    instance: 'Oban',
    node: 'web-1',
    at: new Date(60_000),
    process: {
      pid: 4242,
      uptimeSeconds: 185,
      memoryBytes: 84_200_000,
      cpuSeconds: 7.4,
      nodeVersion: '20.20.0',
    },
    queues: queues.map(queueOf),
    tree: tree([
      leaf('db'),
      leaf('notifier', {
        value: { session: 'listening' },
        context: { connectedAt: new Date(0).toISOString(), ignored: 0 },
      }),
      leaf('acker', { value: { working: 'idle' }, context: { waiting: 3 } }),
      leaf('nursery', { tree: tree([foreman, leaf('midwife', { value: 'resting' })]) }),
    ]),
    ...facts,
  }
}
