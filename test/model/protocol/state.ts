/**
 * What there is: rows in the database, what nodes remember, and messages under way. All of it is plain
 * data; every step works on a copy.
 *
 * Time passes in ticks of five seconds, and only ages are kept, up to the age beyond which nothing
 * depends on them: so the same situation an hour later is the same state.
 */

/** Between heartbeats (`BEAT_MS` of the tree): one tick. */
export const TICK_SECONDS = 5

/** How many ticks after it was sent a heartbeat lets jobs start (`TRUST_MS` of the tenure). */
export const LEASE = 2

/** How many ticks a beat has to stand still until its producer is dead (`DEAD_AFTER_MS` of vitality). */
export const DEAD = 3

/** How many ticks apart two looks may be for what was seen to count (`LONGEST_GAP_MS` of vitality). */
export const GAP = 1

/** How many ticks a job that was cancelled is held back (25 seconds in `retry_jobs.sql`). */
export const HOLD = 5

/** A row of `oban_jobs`. */
export interface Job {
  state: 'available' | 'cancelled' | 'completed' | 'executing' | 'scheduled'
  attempt: number
  /** The producer in `attempted_by`, by its number; -1 for none. */
  owner: number
  /** `attempted_at`: which claim it was that wrote the row last, the first is 1; 0 for none. */
  claim: number
  /** Ticks since it was cancelled. */
  cancelledFor: number
  /** Not stored: attempts that ought to count, by what became of each claim. */
  spent: number
  /** Not stored: it runs again HOLD ticks after its cancellation, or later. */
  wasHeld: boolean
  /** Every claim there was, in order. */
  readonly claims: Claim[]
}

/**
 * What became of a claim on its node. `claimed`: the node has no run for it, as the answer is under way
 * or lost. `posted`: given to a thread. `checked`: the lease has been looked at, the body's first line is
 * next. `completed`, `snoozed`, `failed`, `returned`: settled, and the acknowledgement waits. `released`:
 * acknowledged, dropped, or gone with its node.
 */
export type Phase =
  | 'checked'
  | 'claimed'
  | 'completed'
  | 'failed'
  | 'posted'
  | 'released'
  | 'returned'
  | 'running'
  | 'snoozed'

export interface Claim {
  readonly producer: number
  readonly attempt: number
  phase: Phase
  /**
   * `asked`: the node wants it to end, and its thread has not heard yet. `unheeded`: the node has heard
   * that it is cancelled, before it had the answer of the fetch.
   */
  abort: 'asked' | 'heard' | 'none' | 'unheeded'
  /** Ticks since it was asked to end, up to 1. */
  abortedFor: number
  /** A notification of its cancellation is on its way. */
  isSignalled: boolean
  /** Its process was frozen between the look at the lease and the body's first line. */
  wasFrozen: boolean
  /** Not stored: a comparison has found its row missing while it ran. */
  wasMissed: boolean
}

/** A row of `oban_ts_producers`, and the tenure that belongs to it. */
export interface Producer {
  row: 'alive' | 'dead' | 'none'
  /** `gone`: forgotten by its node, or its node has died. `unborn`: not begun. */
  tenure: 'gone' | 'held' | 'lost' | 'new' | 'retired' | 'unborn'
  /** Ticks since the last beat was sent that renewed its lease. */
  leaseFor: number
  /** A delete that has looked for jobs, and waits: only without the rule of the two statements. */
  isDoomed: boolean
}

/** A claim under way. The database goes on with it when nobody waits for the answer any more. */
export interface Fetch {
  /** The producer; -1 for none. */
  producer: number
  /** `begun`: the producer's row is locked, and a job is chosen. `answered`: committed. */
  phase: 'answered' | 'begun' | 'none' | 'sent'
  /** The chosen job, -1 for none; and its claim, once there is one. */
  job: number
  claim: number
  /** The node still waits for it. */
  isAwaited: boolean
  /** Its node was frozen meanwhile: the answer is older than is trusted (`OLDEST_ANSWER_MS`). */
  isOld: boolean
  /** It may take more than a tick, by a fault. */
  isLate: boolean
}

/** A heartbeat and its comparison. */
export interface Beat {
  /** `reading`: answered, and the read of what is executing is under way. `comparing`: that has been read. */
  phase: 'comparing' | 'done' | 'due' | 'reading'
  /** Ticks since it was sent. */
  age: number
  /** Sets of producers, as bits: found alive; with a fetch open at the sending; and one since then. */
  alive: number
  fetching: number
  fetched: number
  /** Sets of claims, as bits: held when the read was sent; found executing. */
  held: number
  executing: number
}

/** What a lifeline knows of a producer. */
export interface Sight {
  /** Ticks since it first saw the present beat; -1 when it has not seen one. */
  age: number
  /** The producer has beaten since the last look. */
  hasBeaten: boolean
}

export interface Node {
  status: 'down' | 'frozen' | 'up'
  /** No message passes between it and the database. */
  isCut: boolean
  life: 'draining' | 'running' | 'stopped'
  /** Ticks since it was asked to stop, up to 1. */
  drainingFor: number
  /** Its producer now; -1 for none. */
  producer: number
  readonly fetch: Fetch
  readonly beat: Beat
  /** Give-backs that the last comparison has found, as bits. */
  backs: number
  hasLooked: boolean
  /** Ticks since the look that is under way was sent, and since the last that was answered was. */
  lookFor: number
  lookedFor: number
  /** By producer. */
  readonly sights: Sight[]
  /** Producers to be rescued, as bits. */
  rescues: number
  /** Not stored: something other than the database has kept it from its beats. */
  wasHampered: boolean
}

/** A message that nobody waits for any more and that lands all the same. */
export interface Straggler {
  readonly job: number
  readonly claim: number
  readonly kind: Settlement
}

export type Settlement = 'completed' | 'failed' | 'returned' | 'snoozed'

export interface State {
  isUp: boolean
  readonly jobs: Job[]
  readonly producers: Producer[]
  readonly nodes: Node[]
  readonly stragglers: Straggler[]
  faults: number
  cancels: number
  /** The property that the step broke that led here. */
  broken: string
}

export interface Size {
  readonly nodes: number
  readonly jobs: number
  /** Producers that a node may have, one after the other. */
  readonly producers: number
  /** Faults in all; and jobs that are cancelled. */
  readonly faults: number
  readonly cancels: number
}

/** All nodes up and registered, and nothing claimed. */
export function begin(size: Size): State {
  const count = size.nodes * size.producers

  return {
    isUp: true,
    jobs: Array.from({ length: size.jobs }, newJob),
    producers: Array.from({ length: count }, (_, index) =>
      newProducer(index % size.producers === 0),
    ),
    nodes: Array.from({ length: size.nodes }, (_, index) => newNode(index * size.producers, count)),
    stragglers: [],
    faults: size.faults,
    cancels: size.cancels,
    broken: '',
  }
}

function newJob(): Job {
  return {
    state: 'available',
    attempt: 0,
    owner: -1,
    claim: 0,
    cancelledFor: 0,
    spent: 0,
    wasHeld: false,
    claims: [],
  }
}

function newProducer(isFirst: boolean): Producer {
  return {
    row: isFirst ? 'alive' : 'none',
    tenure: isFirst ? 'held' : 'unborn',
    leaseFor: isFirst ? 0 : LEASE,
    isDoomed: false,
  }
}

export const noFetch: Readonly<Fetch> = {
  producer: -1,
  phase: 'none',
  job: -1,
  claim: 0,
  isAwaited: false,
  isOld: false,
  isLate: false,
}

function newNode(producer: number, count: number): Node {
  return {
    status: 'up',
    isCut: false,
    life: 'running',
    drainingFor: 0,
    producer,
    fetch: { ...noFetch },
    beat: { phase: 'due', age: 0, alive: 0, fetching: 0, fetched: 0, held: 0, executing: 0 },
    backs: 0,
    hasLooked: false,
    lookFor: 0,
    lookedFor: GAP + 1,
    sights: Array.from({ length: count }, () => ({ age: -1, hasBeaten: false })),
    rescues: 0,
    wasHampered: false,
  }
}

/** Spelled out rather than spread, which takes four times as long: it is done for each step. */
export function copyOf(state: State): State {
  const { isUp, jobs, producers, nodes, stragglers, faults, cancels, broken } = state

  return {
    isUp,
    jobs: jobs.map(copyOfJob),
    producers: producers.map(({ row, tenure, leaseFor, isDoomed }) => ({
      row,
      tenure,
      leaseFor,
      isDoomed,
    })),
    nodes: nodes.map(copyOfNode),
    stragglers: stragglers.slice(),
    faults,
    cancels,
    broken,
  }
}

function copyOfJob(job: Job): Job {
  return {
    state: job.state,
    attempt: job.attempt,
    owner: job.owner,
    claim: job.claim,
    cancelledFor: job.cancelledFor,
    spent: job.spent,
    wasHeld: job.wasHeld,
    claims: job.claims.map((claim) => ({
      producer: claim.producer,
      attempt: claim.attempt,
      phase: claim.phase,
      abort: claim.abort,
      abortedFor: claim.abortedFor,
      isSignalled: claim.isSignalled,
      wasFrozen: claim.wasFrozen,
      wasMissed: claim.wasMissed,
    })),
  }
}

function copyOfNode(node: Node): Node {
  const { fetch, beat } = node

  return {
    status: node.status,
    isCut: node.isCut,
    life: node.life,
    drainingFor: node.drainingFor,
    producer: node.producer,
    fetch: {
      producer: fetch.producer,
      phase: fetch.phase,
      job: fetch.job,
      claim: fetch.claim,
      isAwaited: fetch.isAwaited,
      isOld: fetch.isOld,
      isLate: fetch.isLate,
    },
    beat: {
      phase: beat.phase,
      age: beat.age,
      alive: beat.alive,
      fetching: beat.fetching,
      fetched: beat.fetched,
      held: beat.held,
      executing: beat.executing,
    },
    backs: node.backs,
    hasLooked: node.hasLooked,
    lookFor: node.lookFor,
    lookedFor: node.lookedFor,
    sights: node.sights.map(({ age, hasBeaten }) => ({ age, hasBeaten })),
    rescues: node.rescues,
    wasHampered: node.wasHampered,
  }
}

/** The most claims of one job that fit into a set of bits. */
export const MOST_CLAIMS = 5

/** The place of a claim in a set of claims. */
export function bitOf(job: number, claim: number): number {
  return 1 << (job * MOST_CLAIMS + claim - 1)
}

export function claimOf(job: Job, claim = job.claim): Claim | undefined {
  return job.claims[claim - 1]
}

export function isSettled(phase: Phase): phase is Settlement {
  return phase === 'completed' || phase === 'failed' || phase === 'returned' || phase === 'snoozed'
}

/** Whether a thread of the node has it. */
export function isInThread(phase: Phase): boolean {
  return phase === 'posted' || phase === 'checked' || phase === 'running'
}

/** Whether the node knows of it: it is among the runs of its tenure. */
export function isHeld(phase: Phase): boolean {
  return phase !== 'claimed' && phase !== 'released'
}
