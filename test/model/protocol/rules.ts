/**
 * The rules of the protocol that can be switched off, to see that each is needed: without it the model
 * does what code without it would do.
 */

export const rules = {
  'live-row-check': 'a fetch claims nothing unless the row of its producer is alive',
  'live-row-lock': 'a fetch locks the row of its producer, so that a rescue waits for it',
  'two-statement-delete':
    'a producer is locked first, and deleted if no job is executing under it then',
  'look-again': 'a rescue compares the beat once more when it has the lock',
  'look-gap': 'looks that are too far apart start the count again',
  rescue: 'the jobs of a dead producer are put back',
  abandoned:
    'jobs that a rescue has passed over are rescued later, and the row of their producer stays',
  lease: 'a job starts only while the lease of its producer is trusted',
  'lease-from-sending': 'a lease counts from the sending of the beat, not from its answer',
  'durable-beats': 'a crash of the server loses no beat that was answered',
  'give-back': 'rows that nobody holds are given back',
  'no-fetch-open': 'nothing is given back that was read while a fetch of its producer was open',
  'no-fetch-since': 'nor when one has begun between the read and the comparison',
  'claim-fence': 'what hands an attempt out again is fenced by the moment of the claim',
  'owner-fence': 'an acknowledgement is fenced by attempt and producer',
  'abort-missing': 'runs whose rows are missing from the comparison are aborted',
  'heed-early-signal':
    'a cancellation that is heard before the answer of the fetch stops the job too',
  'aborts-first': 'a body waits until the aborts that were asked for have arrived in its thread',
  'retry-hold': 'a job that was cancelled a moment ago waits before it is retried',
  'threads-end-first': 'what a thread runs is handed back after its exit',
} as const

export type Rule = keyof typeof rules

export function isRule(name: string): name is Rule {
  return Object.hasOwn(rules, name)
}

/** What can go wrong, each at the cost of one fault. */
export const faults = {
  kill: 'a process dies',
  pause: 'a process is frozen, at any step, for any time',
  cut: 'a node and the database do not reach each other, for any time',
  lose: 'an answer gets lost after its statement landed',
  late: 'a statement lands when nobody waits for it any more',
  lock: 'somebody holds the row of a job, so that a rescue passes it over',
  restart: 'the actors of a queue crash and start again',
  outage: 'the database is away, for any time',
  crash: 'the database crashes and recovers at once',
  stop: 'a node is asked to stop',
} as const

export type Fault = keyof typeof faults

export function isFault(name: string): name is Fault {
  return Object.hasOwn(faults, name)
}
