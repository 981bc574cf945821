/**
 * Runs the jobs of a queue in the call that asks for it, on the main thread. Loaded by `drainQueue()`
 * only.
 *
 * It claims, keeps alive and acknowledges as a queue does, through the same actors and under a producer
 * of its own; but nobody waits for jobs to come, so p-queue stands where a producer would: it is the
 * limit.
 */
import PQueue from 'p-queue'
import type { Config } from './config.ts'
import { CLAIMED_AT_ONCE, planDrain, type DrainOptions, type DrainPlan } from './config/drain.ts'
import { Crontab } from './cron/crontab.ts'
import { deferred } from './deferred.ts'
import { nothingDrained, type Drained } from './drained.ts'
import { stageJobs } from './engine/jobs.ts'
import { reachSchema } from './engine/reach.ts'
import { ConfigError } from './errors.ts'
import { growTree, startTree, stopTree, type InstanceInput } from './instance.ts'
import type { Settled } from './protocol/outcome.ts'
import { FRONT } from './protocol/claim-cursor.ts'
import type { Tenure } from './protocol/tenure.ts'
import { EXHAUSTED } from './runtime/harbor/stage.ts'
import { fetch, register } from './runtime/queues/claim.ts'
import { openPool } from './runtime/queues/inline.ts'
import { reportStart } from './runtime/report.ts'
import { beginTenure, type Runtime } from './runtime/runtime.ts'
import { surroundings, type Surroundings } from './runtime/queues/surroundings.ts'
import { loadHere } from './runtime/queues/worker-check.ts'
import { attachLogger } from './telemetry/logger.ts'
import { drainTree } from './tree/root.ts'

export interface DrainInput extends Omit<InstanceInput, 'onFatal'> {
  /** Whether the instance logs already, as it is started. */
  readonly isLogged: boolean
}

type Round = Pick<DrainPlan, 'dueUntil' | 'most'>

/** @throws {unknown} without safety what a job threw; else see `Oban.drainQueue` */
export async function drainQueue(
  { isLogged, ...input }: DrainInput,
  queue: string,
  options: DrainOptions = {},
): Promise<Drained> {
  const plan = planDrain(queue, options, input.config)
  const config = { ...input.config, queues: [plan.queue] }
  const detachLogger = isLogged ? () => {} : attachLogger({ ...config, clock: input.clock })
  try {
    await requireModules(config, input.clock)
    const surrounding = await surroundings(config, input.clock)
    try {
      return await drain({ ...input, config }, plan, surrounding)
    } finally {
      await surrounding.end()
    }
  } finally {
    detachLogger()
  }
}

/** A queue works with the modules that load; who asks for a drain can be told of the others. */
async function requireModules(config: Config, clock: InstanceInput['clock']): Promise<void> {
  const { failures } = await loadHere(config, clock)
  if (failures.length === 0) return
  const problems = failures.map(({ module, error }) => ({
    path: 'workers',
    message: `${module} does not load: ${error.message}`,
  }))
  throw new ConfigError(problems)
}

async function drain(
  input: Omit<DrainInput, 'isLogged'>,
  plan: DrainPlan,
  surrounding: Surroundings,
): Promise<Drained> {
  const { config, connect, clock } = input
  const schema = await reachSchema(connect, config.prefix, clock)
  const fatal = deferred()
  const { root, runtime } = growTree(
    { ...input, onFatal: fatal.reject },
    { schema, crontab: new Crontab([]), failedModules: new Set(), prepared: new Map() },
    drainTree,
  )
  await startTree(root)
  const tenure = beginTenure(runtime, plan.queue.name)
  const work = new Work(runtime, tenure, plan, surrounding)
  try {
    await Promise.race([work.run(), fatal.promise])
  } finally {
    // What was claimed and never began is found by the refresher's last comparison, and goes back.
    tenure.retire()
    await stopTree(root)
    await runtime.connections.close()
  }
  if (work.failure !== undefined) throw work.failure.error

  return work.drained
}

class Work {
  /** The first error of a body, when that is to end the drain. */
  failure: { readonly error: unknown } | undefined
  readonly drained = { ...nothingDrained }
  readonly #runtime: Runtime
  readonly #tenure: Tenure
  readonly #plan: DrainPlan
  readonly #pool: ReturnType<typeof openPool>
  readonly #bodies: PQueue
  /** By token, whom to tell that a run has ended. */
  readonly #ends = new Map<number, () => void>()

  constructor(
    runtime: Runtime,
    tenure: Tenure,
    plan: DrainPlan,
    { around, context }: Surroundings,
  ) {
    this.#runtime = runtime
    this.#tenure = tenure
    this.#plan = plan
    this.#bodies = new PQueue({ concurrency: plan.queue.limit })
    this.#pool = openPool(runtime, tenure, {
      around,
      context,
      onSettled: (items) => {
        for (const settled of items) this.#end(settled)
      },
      onThrown: (error) => {
        if (!plan.isSafe) this.failure ??= { error }
      },
    })
  }

  /** Rounds until there is nothing left, or one without recursion. */
  async run(): Promise<void> {
    await register(this.#runtime, this.#tenure)
    for (let isLast = false; !isLast;) {
      const claimed = await this.#claimRound(this.#plan)
      for (let count = 0; count < claimed; count += 1) void this.#bodies.add(() => this.#runNext())
      await this.#bodies.onIdle()
      // The next round claims retries too, and whoever asked looks at the rows.
      await new Promise<void>((resolve) => {
        this.#tenure.whenStored(resolve)
      })
      isLast = claimed === 0 || !this.#plan.isRecursive || this.failure !== undefined
    }
  }

  /** Claim everything before anything runs: jobs that jobs enqueue belong to the next round. */
  async #claimRound({ dueUntil, most }: Round): Promise<number> {
    if (dueUntil !== undefined) await this.#stage(dueUntil)
    let claimed = 0
    for (let isOver = false; !isOver;) {
      const demand = Math.min(CLAIMED_AT_ONCE, most - claimed)
      const rows = await fetch(this.#runtime, this.#tenure, demand, FRONT)
      this.#tenure.queueUp(rows)
      claimed += rows.length
      isOver = rows.length < demand || claimed === most
    }

    return claimed
  }

  async #stage(dueUntil: string): Promise<void> {
    const { config, connections } = this.#runtime
    const { limit } = config.stager
    const queues = [this.#tenure.queue]
    for (let isOver = false; !isOver;) {
      const rows = await stageJobs(connections.stage, queues, limit, dueUntil, EXHAUSTED)
      isOver = rows.every(({ staged }) => Number(staged) < limit)
    }
  }

  /** Run a claimed job to its end; nothing when there is none left, or none shall run. */
  async #runNext(): Promise<void> {
    const runs = this.failure === undefined ? this.#tenure.begin(1) : []
    reportStart(this.#runtime.origin, runs)
    const ended = runs.map(
      ({ token }) =>
        new Promise<void>((resolve) => {
          this.#ends.set(token, resolve)
        }),
    )
    this.#pool.run(runs)
    await Promise.all(ended)
  }

  #end(settled: Settled): void {
    const { token } = settled.run
    this.drained[wordFor(settled)] += 1
    this.#ends.get(token)?.()
    this.#ends.delete(token)
  }
}

function wordFor({ outcome, run: { job } }: Settled): keyof Drained {
  switch (outcome.kind) {
    case 'completed':
      return 'success'
    case 'cancelled':
    case 'snoozed':
      return outcome.kind
    case 'failed':
      return Number(job.attempt) >= Number(job.max_attempts) ? 'discard' : 'failure'
    case 'interrupted':
    case 'unknown':
      return 'released'
    default:
      return outcome satisfies never
  }
}
