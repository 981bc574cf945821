/**
 * What is looked at when a reader collects: the depth of queues in the database, and what runs here.
 * Nothing is asked while nobody collects.
 */
import type { Attributes, BatchObservableResult, Meter, ObservableGauge } from '@opentelemetry/api'
import { monotonicMs } from '../clock.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import type { JobCount } from '../job/counting.ts'
import type { Oban } from '../oban.ts'
import type { QueueState } from '../queue-state.ts'
import { liveInstances } from '../registry.ts'
import { DESTINATION, INSTANCE, NODE, SYSTEM } from './attributes.ts'
import { report } from './harmless.ts'

/** Which nodes count the jobs in the database: the leader, each that is collected from, or none. */
export type QueueDepth = 'every-node' | 'leader' | false

/** Those that something is still to become of; the others are history. */
const DEPTH_STATES = ['available', 'scheduled', 'executing', 'retryable'] as const

export interface GaugeOptions {
  readonly queueDepth: QueueDepth
  /** How old a count may be that is told again. */
  readonly queueDepthIntervalMs: number
  readonly isOurs: (instance: string) => boolean
}

/** An instance of this process, whichever copy of the package has made it. */
type Local = Enqueuer & Pick<Oban, 'checkAllQueues' | 'countJobs' | 'isLeader'>

/** In a job's thread the instances are proxies that cannot be looked at. */
function isLocal(instance: Enqueuer): instance is Local {
  return 'countJobs' in instance && 'checkAllQueues' in instance
}

/** The queues of an instance that runs; undefined of one that does not. */
function queuesOf(instance: Local): QueueState[] | undefined {
  try {
    return instance.checkAllQueues()
  } catch (error) {
    // By its code, as the class may be another copy's.
    if (error instanceof Error && 'code' in error && error.code === 'OBAN_NOT_RUNNING') {
      return undefined
    }
    throw error
  }
}

/** The counts of an instance, asked for once in an interval however many readers collect. */
class Depths {
  readonly #intervalMs: number
  /** Queues that were ever seen: one that is empty has a depth of 0, and not none. */
  readonly #queues = new Set<string>()
  #asked: { readonly atMs: number; readonly counts: Promise<readonly JobCount[]> } | undefined

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  async of(instance: Local, running: readonly QueueState[]): Promise<readonly JobCount[]> {
    const nowMs = monotonicMs()
    if (this.#asked === undefined || nowMs - this.#asked.atMs >= this.#intervalMs) {
      this.#asked = { atMs: nowMs, counts: instance.countJobs({ states: DEPTH_STATES }) }
    }
    const counts = await this.#asked.counts
    for (const { queue } of [...running, ...counts]) this.#queues.add(queue)
    const found = new Map(counts.map((each) => [`${each.state} ${each.queue}`, each.count]))

    return [...this.#queues].flatMap((queue) =>
      DEPTH_STATES.map((state) => ({ queue, state, count: found.get(`${state} ${queue}`) ?? 0 })),
    )
  }
}

interface Gauges {
  readonly depth: ObservableGauge
  readonly executing: ObservableGauge
}

/** Observe on each collection from now on. @returns ends it */
export function startGauges(meter: Meter, options: GaugeOptions): () => void {
  const gauges: Gauges = {
    depth: meter.createObservableGauge('oban.queue.depth', {
      unit: '{job}',
      description: 'Jobs in the database, by queue and state.',
    }),
    executing: meter.createObservableGauge('oban.queue.executing', {
      unit: '{job}',
      description: 'Jobs that this node executes.',
    }),
  }
  const depths = new WeakMap<Local, Depths>()
  const observe = async (result: BatchObservableResult): Promise<void> => {
    const instances = liveInstances().filter(isLocal)
    for (const instance of instances.filter(({ name }) => options.isOurs(name))) {
      const memory = depths.get(instance) ?? new Depths(options.queueDepthIntervalMs)
      depths.set(instance, memory)
      try {
        await observeOne(result, gauges, { instance, memory, queueDepth: options.queueDepth })
      } catch (error) {
        // A database that is away leaves a gap in the curve; the other instances have theirs.
        report(error)
      }
    }
  }
  const observables = [gauges.depth, gauges.executing]
  meter.addBatchObservableCallback(observe, observables)

  return () => {
    meter.removeBatchObservableCallback(observe, observables)
  }
}

interface Looked {
  readonly instance: Local
  readonly memory: Depths
  readonly queueDepth: QueueDepth
}

async function observeOne(
  result: BatchObservableResult,
  { depth, executing }: Gauges,
  { instance, memory, queueDepth }: Looked,
): Promise<void> {
  const running = queuesOf(instance)
  if (running === undefined) return
  const common: Attributes = { [SYSTEM]: 'oban', [INSTANCE]: instance.name }
  for (const { queue, node, running: ids } of running) {
    const place = { ...common, [DESTINATION]: queue, [NODE]: node }
    result.observe(executing, ids.length, place)
  }
  if (queueDepth === false || (queueDepth === 'leader' && !instance.isLeader)) return
  for (const { queue, state, count } of await memory.of(instance, running)) {
    result.observe(depth, count, { ...common, [DESTINATION]: queue, 'oban.job.state': state })
  }
}
