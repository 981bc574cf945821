/** Every call of the public surface with a place in it for a value that the types would refuse. */
import { Oban } from '../../src/oban.ts'
import { jobOptionNames } from '../../src/job/new-job.ts'
import { defineJob, defineWorker } from '../../src/worker.ts'
import { workerOptionNames } from '../../src/worker/definition.ts'
import { cancel, record, snooze } from '../../src/worker/results.ts'

/** Makes the call with the value at its place. */
type Call = (value: unknown) => unknown

export type Calls = Readonly<Record<string, Call>>

/** Without types: callers in JavaScript have none. */
export function ask(target: object, method: string, ...given: readonly unknown[]): unknown {
  const found: unknown = Reflect.get(target, method)
  if (typeof found !== 'function') throw new Error(`there is no method ${method}`)

  return Reflect.apply(found, target, given)
}

/** One call for each of the members of a bag. */
function each(
  name: string,
  members: readonly string[],
  call: (bag: object, member: string, value: unknown) => unknown,
): Calls {
  return Object.fromEntries(
    members.map((member) => [
      `${name} ${member}`,
      (value: unknown) => call({ [member]: value }, member, value),
    ]),
  )
}

const JOB_OPTIONS = [...jobOptionNames, 'client']

export function enqueueing(oban: Oban, worker: object): Calls {
  const by = { oban: oban.name }

  return {
    'enqueue args': (value) => ask(oban, 'enqueue', 'Any', value),
    'enqueue a member of args': (value) => ask(oban, 'enqueue', 'Any', { a: [value] }),
    'enqueue name': (value) => ask(oban, 'enqueue', value, {}),
    'enqueue request': (value) => ask(oban, 'enqueue', value),
    'enqueue options': (value) => ask(oban, 'enqueue', 'Any', {}, value),
    'enqueue a request with options': (value) =>
      ask(oban, 'enqueue', ask(worker, 'new', {}), value),
    'new with args': (value) => ask(oban, 'enqueue', ask(worker, 'new', value)),
    'new with options': (value) => ask(oban, 'enqueue', ask(worker, 'new', {}, value)),
    'enqueueMany requests': (value) => ask(oban, 'enqueueMany', value),
    'enqueueMany request': (value) => ask(oban, 'enqueueMany', [value]),
    'enqueueMany a stream of it': (value) => ask(oban, 'enqueueMany', [value].values()),
    'enqueueMany options': (value) => ask(oban, 'enqueueMany', [ask(worker, 'new', {})], value),
    'worker.enqueue options': (value) => ask(worker, 'enqueue', {}, value),
    'worker.enqueue oban': (value) => ask(worker, 'enqueue', {}, { oban: value }),
    'worker.get': (value) => ask(worker, 'get', value, by),
    'worker.get options': (value) => ask(worker, 'get', 1, value),
    ...each('enqueue', JOB_OPTIONS, (bag) => ask(oban, 'enqueue', 'Any', {}, bag)),
    ...each('new', JOB_OPTIONS, (bag) => ask(oban, 'enqueueMany', [ask(worker, 'new', {}, bag)])),
    ...each('unique', ['period', 'fields', 'keys', 'states', 'timestamp'], (bag) =>
      ask(oban, 'enqueue', 'Any', {}, { unique: { period: 60, ...bag } }),
    ),
    ...each('replace', ['scheduled', 'available'], (bag) =>
      ask(oban, 'enqueue', 'Any', {}, { unique: true, replace: bag }),
    ),
    'a unique key': (value) =>
      ask(oban, 'enqueue', 'Any', { a: value }, { unique: { period: 60, keys: ['a'] } }),
  }
}

const FILTERS = ['ids', 'state', 'queue', 'worker', 'priority', 'tags', 'args', 'meta']

/** @param ended - the id of a job that has ended, @param waiting - of one that waits */
export function managing(oban: Oban, ended: number, waiting: number): Calls {
  const many = ['retryManyJobs', 'cancelManyJobs', 'deleteManyJobs']

  return {
    ...each('the id of', ['getJob', 'retryJob', 'cancelJob', 'deleteJob'], (_, method, value) =>
      ask(oban, method, value),
    ),
    ...each('the options of', ['getJob', 'cancelJob'], (_, method, value) =>
      ask(oban, method, ended, value),
    ),
    'updateJob id': (value) => ask(oban, 'updateJob', value, {}),
    // The function of a caller may throw what it likes, and anything but changes is refused.
    updateJob: (value) =>
      typeof value === 'function' ? undefined : ask(oban, 'updateJob', waiting, value),
    ...each('updateJob', [...JOB_OPTIONS, 'worker', 'args'], (bag) =>
      ask(oban, 'updateJob', waiting, bag),
    ),
    'waitForJob id': (value) => ask(oban, 'waitForJob', value, { timeout: { milliseconds: 1 } }),
    'waitForJob options': (value) => ask(oban, 'waitForJob', ended, value),
    ...each('waitForJob', ['timeout', 'signal'], (bag) => ask(oban, 'waitForJob', ended, bag)),
    listJobs: (value) => ask(oban, 'listJobs', value),
    ...each('listJobs', [...FILTERS, 'limit', 'order', 'after', 'client'], (bag) =>
      ask(oban, 'listJobs', bag),
    ),
    countJobs: (value) => ask(oban, 'countJobs', value),
    ...each('countJobs', ['states', 'upTo'], (bag) => ask(oban, 'countJobs', bag)),
    ...each('a selection of', many, (_, method, value) => ask(oban, method, value)),
    ...each('all of', many, (_, method, value) =>
      value === true ? undefined : ask(oban, method, { all: value }),
    ),
    ...each('retryManyJobs', FILTERS, (bag) =>
      ask(oban, 'retryManyJobs', { queue: 'nowhere', ...bag }),
    ),
  }
}

const QUEUE_OPTIONS = ['limit', 'threads', 'idleTimeout', 'recycle', 'execution', 'prefetch']

export function controlling(oban: Oban): Calls {
  const inline = { limit: 1, execution: 'inline' }
  const verbs = ['pauseQueue', 'resumeQueue', 'stopQueue']
  /** What a call may have started does not stay. */
  const started = async (queue: unknown, options: unknown, scope: unknown = {}) => {
    await ask(oban, 'startQueue', queue, options, scope)
    await ask(oban, 'stopQueue', queue, { localOnly: true })
  }

  return {
    checkQueue: (value) => ask(oban, 'checkQueue', value),
    ...each('the queue of', verbs, (_, verb, value) => ask(oban, verb, value)),
    ...each('the local queue of', verbs, (_, verb, value) =>
      ask(oban, verb, value, { localOnly: true }),
    ),
    ...each('the scope of', verbs, (_, verb, value) => ask(oban, verb, 'gone', value)),
    ...each('the scope of', ['pauseAllQueues', 'resumeAllQueues'], (_, verb, value) =>
      ask(oban, verb, value),
    ),
    ...each('pauseQueue', ['node', 'localOnly'], (bag) => ask(oban, 'pauseQueue', 'gone', bag)),
    startQueue: (value) => started(value, inline),
    'startQueue options': (value) => started('late', value),
    'startQueue scope': (value) => started('later', inline, value),
    ...each('startQueue', QUEUE_OPTIONS, (bag) => started('latest', { ...inline, ...bag })),
    scaleQueue: (value) => ask(oban, 'scaleQueue', value, { limit: 1 }),
    'scaleQueue options': (value) => ask(oban, 'scaleQueue', 'idle', value),
    ...each('scaleQueue', ['limit', 'threads', 'node', 'localOnly'], (bag) =>
      ask(oban, 'scaleQueue', 'idle', { limit: 1, ...bag }),
    ),
  }
}

const CRON = ['expression', 'timezone', 'name', 'args', 'queue', 'priority', 'tags', 'meta']

const define = (bag: object) =>
  ask({ defineWorker }, 'defineWorker', { name: 'Defined', process: () => {}, ...bag })

export function defining(): Calls {
  return {
    defineWorker: (value) => ask({ defineWorker }, 'defineWorker', value),
    defineJob: (value) => ask({ defineJob }, 'defineJob', value),
    ...each('defineWorker', workerOptionNames, define),
    ...each('cron', CRON, (bag) => define({ cron: { expression: '@daily', ...bag } })),
    snooze: (value) => ask({ snooze }, 'snooze', value),
    cancel: (value) => ask({ cancel }, 'cancel', value),
    record: (value) => ask({ record }, 'record', value),
    'Oban.get': (value) => ask(Oban, 'get', value),
    'new Oban': async (value) => {
      const made: unknown = Reflect.construct(Oban, [value])
      if (made instanceof Oban) await made.stop()
    },
  }
}
