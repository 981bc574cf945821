/** The whole tree of an instance, with its inside open to the test. */
import { randomBytes } from 'node:crypto'
import { BroadcastChannel } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import type { AnyActorRef } from 'xstate'
import { whichChildren, type SupervisorRef } from '../../supervisors/index.ts'
import { openBackend } from '../../src/backend.ts'
import { systemClock } from '../../src/clock.ts'
import { parseConfig } from '../../src/config.ts'
import { reachSchema } from '../../src/engine/reach.ts'
import { insertion } from '../../src/job/insertion.ts'
import { growTree, type InstanceInput } from '../../src/instance.ts'
import type { JsonObject } from '../../src/job/json.ts'
import type { ObanOptions } from '../../src/config/options.ts'
import { requestByName } from '../../src/registry.ts'
import { gatherCrontab } from '../../src/runtime/harbor/gather-crontab.ts'
import { wake } from '../../src/runtime/wake.ts'
import { listenTo } from './telemetry.ts'

/** The workers of `threads.js`, in two queues with a thread each. */
const defaults: ObanOptions = {
  workers: [new URL('../fixtures/threads.js', import.meta.url)],
  queues: { default: 3, other: 3 },
  logger: false,
  shutdownGracePeriod: { seconds: 1 },
}

export async function startTree(
  url: string,
  options: ObanOptions = {},
  inside: Pick<InstanceInput, 'leaseMs' | 'timers'> = {},
) {
  const name = `test-${randomBytes(6).toString('hex')}`
  const config = parseConfig({ ...defaults, database: url, name, ...options })
  const told = listenTo(config.name, config.node)
  const words = new BroadcastChannel('oban-threads')
  const fatal: unknown[] = []
  const backend = await openBackend({
    config,
    clock: systemClock,
    onAvailable: (queues) => wake(runtime, queues),
  })
  const { connect, outlet, store } = backend
  const enqueuer = insertion({ name, store, maxArgsBytes: undefined })
  const schema = await reachSchema(connect, config.prefix, systemClock)
  const { root, runtime } = growTree(
    {
      config,
      clock: systemClock,
      connect,
      store,
      outlet,
      insertion: enqueuer,
      onFatal: (error) => fatal.push(error),
      ...inside,
    },
    {
      schema,
      crontab: await gatherCrontab(config, []),
      failedModules: new Set(),
      prepared: new Map(),
    },
  )
  const isUp = phaseOf(root, 'running')
  root.start()
  await isUp

  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= end()

    return stopped
  }
  async function end(): Promise<void> {
    await stopRoot(root)
    await backend.close()
    words.close()
    told.detach()
  }
  onTestFinished(stop)

  return {
    fatal,
    root,
    runtime,
    store,
    told,
    stop,
    /** Enqueue a job; resolves to its id. */
    enqueue: async (worker: string, args: JsonObject = {}, queue = 'default') => {
      const { id } = await enqueuer.enqueue(requestByName(worker, args, { queue }))

      return id
    },
    /** Resolves when the body of a job has begun so often. */
    begun: (id: number, times = 1) =>
      told.until(
        'job.log',
        () => told.all('job.log').filter(({ fields }) => fields['id'] === id).length >= times,
      ),
    /** Let the bodies go that wait for the word. */
    say: (word: string) => words.postMessage(word),
  }
}

/** Resolves when a supervisor is in a phase. */
export function phaseOf(supervisor: SupervisorRef, phase: string): Promise<void> {
  return new Promise((resolve, reject) => {
    supervisor.subscribe({
      next: (snapshot) => {
        if (snapshot.phase === phase) resolve()
      },
      error: reject,
    })
  })
}

function stopRoot(root: SupervisorRef): Promise<void> {
  if (root.getSnapshot().status !== 'active') return Promise.resolve()

  return new Promise((resolve) => {
    root.subscribe({ complete: resolve, error: () => resolve() })
    root.send({ type: 'sup.shutdown', reason: 'test' })
  })
}

function isSupervisor(ref: AnyActorRef): ref is SupervisorRef & AnyActorRef {
  return 'core' in ref.getSnapshot()
}

/** Every actor below a supervisor by its path, as `nursery/foreman/default/producer`. */
export function actorsOf(root: SupervisorRef, path = ''): Map<string, AnyActorRef> {
  const actors = new Map<string, AnyActorRef>()
  for (const { id, ref } of whichChildren(root)) {
    if (ref === undefined) continue
    actors.set(`${path}${id}`, ref)
    if (!isSupervisor(ref)) continue
    for (const [below, actor] of actorsOf(ref, `${path}${id}/`)) actors.set(below, actor)
  }

  return actors
}

/** End one actor from outside, as a fault of it would. */
export function kill(root: SupervisorRef, path: string): void {
  const ref = actorsOf(root).get(path)
  if (ref === undefined) throw new Error(`there is no actor ${path}`)
  ref.send({ type: 'xstate.stop' })
}
