/**
 * States as text, to tell whether two are the same. Nodes are alike, and so are jobs: of the orders in
 * which they can be written down the one counts that comes first, so that mirror images are one state.
 */
import { MOST_CLAIMS, type Beat, type Fetch, type Job, type Node, type State } from './state.ts'

/** One character for each word, each different within its own field. */
const letters: Readonly<Record<string, string>> = {
  alive: 'a',
  answered: 'a',
  asked: 'a',
  available: 'a',
  begun: 'b',
  cancelled: 'x',
  checked: 'k',
  claimed: 'c',
  comparing: 'c',
  completed: 'C',
  dead: 'd',
  done: 'd',
  down: 'd',
  draining: 'd',
  due: 'u',
  executing: 'e',
  failed: 'F',
  frozen: 'f',
  gone: 'g',
  heard: 'h',
  held: 'h',
  lost: 'l',
  new: 'n',
  none: '-',
  posted: 'p',
  reading: 'r',
  released: '-',
  retired: 'r',
  returned: 'R',
  running: 'r',
  scheduled: 's',
  sent: 's',
  snoozed: 'S',
  stopped: 's',
  unborn: '-',
  unheeded: 'u',
  up: 'u',
}

interface Order {
  /** For each place the node, or the job, that is written there. */
  readonly nodes: readonly number[]
  readonly jobs: readonly number[]
}

function permutations(count: number): number[][] {
  if (count === 0) return [[]]

  return permutations(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, place) => rest.toSpliced(place, 0, count - 1)),
  )
}

/** How to write down states of this size. */
export function keyWriter(nodes: number, jobs: number, perNode: number): (state: State) => string {
  const orders = permutations(nodes).flatMap((byNode) =>
    permutations(jobs).map((byJob) => new Writer({ nodes: byNode, jobs: byJob }, perNode)),
  )

  return (state) => {
    let least = ''
    for (const writer of orders) {
      const key = writer.write(state)
      if (least === '' || key < least) least = key
    }

    return least
  }
}

class Writer {
  readonly #order: Order
  readonly #perNode: number
  /** Where a producer, and a job, stands in this order. */
  readonly #producers: number[] = []
  readonly #places: number[] = []

  constructor(order: Order, perNode: number) {
    this.#order = order
    this.#perNode = perNode
    for (const [place, node] of order.nodes.entries()) {
      for (let turn = 0; turn < perNode; turn += 1) {
        this.#producers[node * perNode + turn] = place * perNode + turn
      }
    }
    for (const [place, job] of order.jobs.entries()) this.#places[job] = place
  }

  write(state: State): string {
    let text = `${state.isUp ? '+' : '-'}${state.faults}${state.cancels}${state.broken}`
    for (const job of this.#order.jobs) text += this.#job(state.jobs[job])
    for (const node of this.#order.nodes) {
      for (let turn = 0; turn < this.#perNode; turn += 1) {
        text += producerText(state, node * this.#perNode + turn)
      }
      text += this.#node(state.nodes[node])
    }
    if (state.stragglers.length > 0) {
      text += state.stragglers
        .map(({ job, claim, kind }) => `${this.#places[job]}${claim}${letters[kind]}`)
        .toSorted()
        .join('')
    }

    return text
  }

  #job(job: Job | undefined): string {
    if (job === undefined) return ''
    const { state, attempt, owner, claim, cancelledFor, spent, wasHeld, claims } = job
    let text = `|${letters[state]}${attempt}${this.#producer(owner)}${claim}${cancelledFor}${spent}`
    if (wasHeld) text += 'w'
    for (const each of claims) {
      text += `${this.#producer(each.producer)}${each.attempt}${letters[each.phase]}${letters[each.abort]}`
      text += each.abortedFor
      if (each.isSignalled) text += '!'
      if (each.wasFrozen) text += 'z'
      if (each.wasMissed) text += 'm'
    }

    return text
  }

  #node(node: Node | undefined): string {
    if (node === undefined) return ''
    let text = `/${letters[node.status]}${node.isCut ? '!' : ''}${letters[node.life]}`
    text += `${node.drainingFor}${this.#producer(node.producer)}${node.wasHampered ? '?' : ''}`
    text += this.#fetch(node.fetch) + this.#beat(node.beat)
    text += `${node.hasLooked ? 'l' : '-'}${node.lookFor}${node.lookedFor}${this.#claims(node.backs)}.`
    for (const place of this.#order.nodes) {
      for (let turn = 0; turn < this.#perNode; turn += 1) {
        const sight = node.sights[place * this.#perNode + turn]
        if (sight === undefined) continue
        text += sight.age < 0 ? '-' : sight.age
        if (sight.hasBeaten) text += '*'
      }
    }

    return `${text}.${this.#set(node.rescues)}`
  }

  #fetch({ producer, phase, job, claim, isAwaited, isOld, isLate }: Fetch): string {
    if (producer < 0) return '.'
    const place = job < 0 ? '-' : `${this.#places[job]}${claim}`
    const flags = `${isAwaited ? 'w' : ''}${isOld ? 'o' : ''}${isLate ? 'l' : ''}`

    return `${this.#producer(producer)}${letters[phase]}${place}${flags}`
  }

  #beat({ phase, age, alive, fetching, fetched, held, executing }: Beat): string {
    if (phase === 'done' || phase === 'due') return letters[phase] ?? ''
    const sets = [this.#set(alive), this.#set(fetching), this.#set(fetched)]

    return `${letters[phase]}${age},${sets.join()},${this.#claims(held)},${this.#claims(executing)}`
  }

  #producer(producer: number): string {
    return producer < 0 ? '-' : String(this.#producers[producer])
  }

  #set(bits: number): number {
    let set = 0
    for (let left = bits; left !== 0; left &= left - 1) {
      set |= 1 << (this.#producers[31 - Math.clz32(left & -left)] ?? 0)
    }

    return set
  }

  #claims(bits: number): number {
    let set = 0
    for (let left = bits; left !== 0; left &= left - 1) {
      const place = 31 - Math.clz32(left & -left)
      const job = this.#places[Math.floor(place / MOST_CLAIMS)] ?? 0
      set |= 1 << (job * MOST_CLAIMS + (place % MOST_CLAIMS))
    }

    return set
  }
}

function producerText(state: State, index: number): string {
  const producer = state.producers[index]
  if (producer === undefined) return ''
  const { row, tenure, leaseFor, isDoomed } = producer

  return `:${letters[row]}${letters[tenure]}${leaseFor}${isDoomed ? 'x' : ''}`
}
