/**
 * Keeps the jobs of an instance in the testing mode `inline`: they run in the call that enqueues them,
 * and are stored nowhere. Loaded by the first of them.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { checkClient } from '../adapters/refusal.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { ConfigError } from '../errors.ts'
import type { JobRow } from '../job.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import { findWorker } from '../registry.ts'
import { reportEnd, reportLog, reportStart } from '../runtime/report.ts'
import { surroundings, type Surroundings } from '../runtime/queues/surroundings.ts'
import { loadHere } from '../runtime/queues/worker-check.ts'
import { attachLogger } from '../telemetry/logger.ts'
import { TestingError } from '../testing-error.ts'
import { handleOf } from '../worker.ts'
import type { WorkerDefinition } from '../worker/definition.ts'
import { claimedRow, endedRow } from './row-of-run.ts'
import { runHere } from './run-here.ts'

export interface InlineStoreInput {
  readonly config: Config
  readonly clock: Clock
  /** What bodies enqueue with. */
  readonly home: Enqueuer
  /** Whether the instance logs already, as it is started. */
  readonly isLogged: boolean
}

/** Jobs that enqueue jobs within each other: one that always enqueues itself would never end. */
const DEEPEST = 100

/** Jobs that are remembered, for those who look one up by its id. */
const MOST = 10_000

/** The workers whose jobs run around this call, the outermost first. */
const around = new AsyncLocalStorage<readonly string[]>()

export class InlineStore {
  readonly #input: InlineStoreInput
  readonly #rows = new Map<number, JobRow>()
  readonly #detachLogger: () => void
  #lastId = 0
  #surroundings: Promise<Surroundings> | undefined
  #loading: Promise<void> | undefined

  constructor(input: InlineStoreInput) {
    this.#input = input
    const { config, clock, isLogged } = input
    this.#detachLogger = isLogged ? () => {} : attachLogger({ ...config, clock })
  }

  /**
   * Run jobs one after the other, in their order, each to its end.
   *
   * @param isSafe - whether one that fails is only told by its row
   * @throws {UnknownWorkerError} when no module that is loaded, or among `workers`, defines a worker
   * @throws {TestingError} when jobs enqueue jobs without an end
   * @throws {unknown} what a body threw
   */
  async insert(
    jobs: readonly NewJob[],
    isSafe: boolean,
    client: QueryClient | undefined,
  ): Promise<JobRow[]> {
    if (client !== undefined) checkClient(client)
    const rows: JobRow[] = []
    for (const job of jobs) rows.push(await this.#run(job, isSafe))

    return rows
  }

  /** A job that ran here. */
  find(id: number): JobRow | undefined {
    return this.#rows.get(id)
  }

  /** Begin anew: no job has run, and the next one is the first. */
  forget(): void {
    this.#rows.clear()
    this.#lastId = 0
  }

  async close(): Promise<void> {
    this.#detachLogger()
    await (await this.#surroundings)?.end()
  }

  async #run(job: NewJob, isSafe: boolean): Promise<JobRow> {
    const { config, clock, home } = this.#input
    const origin = { instance: config.name, node: config.node }
    const chain = [...(around.getStore() ?? []), job.worker]
    refuseEndless(chain)
    const definition = await this.#definition(job.worker)
    const { context, around: wrap } = await this.#surround()
    const id = this.#nextId()
    const row = claimedRow(job, { id, attempt: 1, node: config.node, now: clock.now() })
    const ran = await around.run(chain, () =>
      runHere({
        clock,
        context,
        around: wrap,
        definition,
        row,
        handle: (found) => handleOf(found, home),
        onLog: (line) => {
          reportLog(origin, line)
        },
        onBegin: (run) => {
          reportStart(origin, [run])
        },
      }),
    )
    const ended = endedRow(ran, clock.now())
    this.#keep(id, ended)
    reportEnd(origin, ran.settled)
    if (ran.failure && ran.settled.outcome.kind === 'failed' && !isSafe) throw ran.failure.error

    return ended
  }

  /** The worker as this process knows it, or as the modules of the instance define it. */
  async #definition(worker: string): Promise<WorkerDefinition | undefined> {
    if (findWorker(worker)?.process === undefined) await (this.#loading ??= this.#load())

    return findWorker(worker)
  }

  async #load(): Promise<void> {
    const { failures } = await loadHere(this.#input.config, this.#input.clock)
    if (failures.length === 0) return
    const problems = failures.map(({ module, error }) => ({
      path: 'workers',
      message: `${module} does not load: ${error.message}`,
    }))
    throw new ConfigError(problems)
  }

  #surround(): Promise<Surroundings> {
    this.#surroundings ??= surroundings(this.#input.config, this.#input.clock)

    return this.#surroundings
  }

  #nextId(): number {
    this.#lastId += 1

    return this.#lastId
  }

  #keep(id: number, row: JobRow): void {
    this.#rows.set(id, row)
    this.#rows.delete(id - MOST)
  }
}

function refuseEndless(chain: readonly string[]): void {
  if (chain.length <= DEEPEST) return
  const last = chain.slice(-3).map((worker) => `"${worker}"`)
  throw new TestingError(
    `jobs have enqueued jobs ${DEEPEST} deep in testing mode "inline", the last ones of ` +
      `${last.join(' > ')}: a worker that always enqueues another never ends there; ` +
      'use mode "manual", and drainQueue() to run what is stored',
  )
}
