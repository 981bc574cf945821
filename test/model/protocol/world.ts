/** What a step needs to know beside the state: the bounds, and which rules and faults there are. */
import type { Visit } from '../explorer.ts'
import type { Fault, Rule } from './rules.ts'
import { claimOf, copyOf, type Claim, type Job, type Node, type Size, type State } from './state.ts'

export interface World {
  readonly size: Size
  /** Times that a job may be claimed. */
  readonly claims: number
  readonly faults: readonly Fault[]
  /** The faults come in this order, each once. */
  readonly isInOrder: boolean
  readonly without: ReadonlySet<Rule>
  /** How bodies may end, beside completing their jobs. */
  readonly outcomes: ReadonlySet<'failed' | 'snoozed'>
  /** No exception is made for what the documents admit. */
  readonly isStrict: boolean
}

/** Adds the steps that one part of the protocol can take. */
export type Steps = (state: State, world: World, take: Take) => void

/** Take a step: `change` gets a copy of the state. */
export type Take = (label: string, change: (next: Scene) => void, isFault?: boolean) => void

/** A copy of a state, to be changed. */
export class Scene {
  readonly state: State
  readonly world: World

  constructor(state: State, world: World) {
    this.state = state
    this.world = world
  }

  has(rule: Rule): boolean {
    return !this.world.without.has(rule)
  }

  node(index: number): Node {
    return existing(this.state.nodes[index])
  }

  job(index: number): Job {
    return existing(this.state.jobs[index])
  }

  claim(job: number, claim: number): Claim {
    return existing(claimOf(this.job(job), claim))
  }

  producer(index: number) {
    return existing(this.state.producers[index])
  }

  /** The step breaks a property; the first that it breaks counts. */
  breaks(property: string): void {
    if (this.state.broken === '') this.state.broken = property
  }
}

export function existing<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the model names something that it does not have')

  return value
}

export function taker(state: State, world: World, visit: Visit<State>): Take {
  return (label, change, isFault = false) => {
    const next = copyOf(state)
    if (isFault) next.faults -= 1
    change(new Scene(next, world))
    visit({ label, isFault }, next)
  }
}

/** Whether a fault of this kind may still happen. */
export function mayFail(state: State, world: World, fault: Fault): boolean {
  if (world.isInOrder) return world.faults.at(-state.faults) === fault && state.faults > 0

  return state.faults > 0 && world.faults.includes(fault)
}

/** Whether statements of a node reach the database. */
export function reaches(state: State, node: Node): boolean {
  return state.isUp && node.status === 'up' && !node.isCut
}

/** The node that a producer belongs to. */
export function nodeOf(producer: number, { size }: World): number {
  return Math.floor(producer / size.producers)
}

/** Every claim of a node that has not been released, with its place. */
export function* claimsOn(
  state: State,
  world: World,
  node: number,
): Generator<{ readonly job: number; readonly number: number; readonly claim: Claim }> {
  for (let job = 0; job < state.jobs.length; job += 1) {
    const { claims } = existing(state.jobs[job])
    for (let number = 1; number <= claims.length; number += 1) {
      const claim = existing(claims[number - 1])
      if (claim.phase !== 'released' && nodeOf(claim.producer, world) === node) {
        yield { job, number, claim }
      }
    }
  }
}

/** How the trace speaks of a claim. */
export function named(job: number, claim: number): string {
  return `job ${job + 1} (claim ${claim})`
}

export function nodeName(node: number): string {
  return `node ${node + 1}`
}
