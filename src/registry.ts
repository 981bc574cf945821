/**
 * Instances and workers by name, for the whole process.
 *
 * They live on `globalThis`, since bundlers and hot reload load a module more than once, and all
 * copies must find the same instance.
 */
import type { WorkerDefinition } from './worker/definition.ts'
import type { Enqueuer } from './job/enqueuer.ts'
import { NotFoundError } from './errors.ts'
import type { JobOptions, NewJobRequest } from './job/new-job.ts'
import type { TestingAccess, TestingScope, TestingScopes } from './testing-mode.ts'

interface Registry {
  /** By name, the last one at the end: it has the name until it stops. */
  readonly instances: Map<string, Enqueuer[]>
  readonly workers: Map<string, WorkerDefinition>
  /** Whether this is a thread that runs jobs; each thread has a registry of its own. */
  isJobThread: boolean
  /** Present once `oban-ts/testing` is loaded. */
  testingScopes?: TestingScopes
  /** By instance. */
  testingAccess?: WeakMap<object, TestingAccess>
}

const key: unique symbol = Symbol.for('oban-ts.registry')

function registry(): Registry {
  const host: typeof globalThis & { [key]?: Registry } = globalThis
  host[key] ??= { instances: new Map(), workers: new Map(), isJobThread: false }

  return host[key]
}

/** Note that this thread is one of ours. */
export function markJobThread(): void {
  registry().isJobThread = true
}

export function isJobThread(): boolean {
  return registry().isJobThread
}

/** The name of an instance that was given none. */
export const defaultInstance = 'Oban'

/** Make an instance known by its name; the last one that has not stopped is found. */
export function registerInstance(instance: Enqueuer): void {
  const { instances } = registry()
  instances.set(instance.name, [...(instances.get(instance.name) ?? []), instance])
}

/** Forget an instance; one that had the name before has it again. */
export function unregisterInstance(name: string, instance: Enqueuer): void {
  const { instances } = registry()
  const others = instances.get(name)?.filter((other) => other !== instance) ?? []
  if (others.length === 0) instances.delete(name)
  else instances.set(name, others)
}

/**
 * The instance of that name.
 *
 * @throws {NotFoundError} when there is none
 */
export function findInstance(name: string = defaultInstance): Enqueuer {
  const instance = registry().instances.get(name)?.at(-1)
  if (instance === undefined) throw new NotFoundError(name)

  return instance
}

/** The instances that have not stopped, those first that are found by their names. */
export function liveInstances(): Enqueuer[] {
  return [...registry().instances.values()].flatMap((named) => named.toReversed())
}

/**
 * Make a worker known by its name; the last definition wins, as hot reload evaluates modules twice.
 *
 * A definition without `process` takes over all but the `process` of the one before: a second copy
 * of the module with the definitions must not take the work away from this process.
 */
export function registerWorker(definition: WorkerDefinition): void {
  const { workers } = registry()
  const process = workers.get(definition.name)?.process
  const known = process && !definition.process ? { ...definition, process } : definition

  workers.set(known.name, known)
}

/** The worker of that name, when a module of this process defines it. */
export function findWorker(name: string): WorkerDefinition | undefined {
  return registry().workers.get(name)
}

/** The names of the workers that modules of this process define. */
export function knownWorkers(): string[] {
  return [...registry().workers.keys()]
}

/** A job for a worker that is known by its name, with the definition if this process has it. */
export function requestByName(
  worker: string,
  args: unknown = {},
  options: JobOptions = {},
): NewJobRequest {
  return { worker, args, options, definition: findWorker(worker) }
}

/** The scopes of tests, made with the first copy of `oban-ts/testing` that asks. */
export function shareTestingScopes<Scopes extends TestingScopes>(make: () => Scopes): Scopes {
  registry().testingScopes ??= make()

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every copy makes the same
  return registry().testingScopes as Scopes
}

/** What a test says of the code that runs now; undefined in production. */
export function testingScope(): TestingScope | undefined {
  return registry().testingScopes?.getStore()
}

/** Let tests at what an instance keeps, without a method for it that applications would see. */
export function lendToTests(instance: Enqueuer, access: TestingAccess): void {
  const lent = (registry().testingAccess ??= new WeakMap())
  lent.set(instance, access)
}

export function testingAccess(instance: object): TestingAccess | undefined {
  return registry().testingAccess?.get(instance)
}
