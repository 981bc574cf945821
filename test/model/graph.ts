/** The states found so far, by number in the order of their finding, and the steps between them. */

/** Numbers that grow to millions: an array of them costs half as much as one of objects does. */
class Numbers {
  #cells = new Int32Array(1_024)
  size = 0

  push(value: number): void {
    if (this.size === this.#cells.length) {
      const larger = new Int32Array(this.size * 2)
      larger.set(this.#cells)
      this.#cells = larger
    }
    this.#cells[this.size] = value
    this.size += 1
  }

  at(index: number): number {
    return this.#cells[index] ?? -1
  }
}

export class Graph {
  readonly #parents = new Numbers()
  readonly #labels: string[] = []
  readonly #goals: number[] = []
  /** Steps that are no faults, each as a pair. */
  readonly #from = new Numbers()
  readonly #to = new Numbers()

  get size(): number {
    return this.#parents.size
  }

  add(parent: number, label: string, isGoal: boolean): number {
    const id = this.size
    this.#parents.push(parent)
    this.#labels.push(label)
    if (isGoal) this.#goals.push(id)

    return id
  }

  connect(from: number, to: number): void {
    this.#from.push(from)
    this.#to.push(to)
  }

  /** What happened on a shortest way to a state. */
  traceTo(id: number): string[] {
    const trace: string[] = []
    for (let at = id; this.#parents.at(at) >= 0; at = this.#parents.at(at)) {
      trace.push(this.#labels[at] ?? '')
    }

    return trace.toReversed()
  }

  /** The state nearest to the start from which no goal can be reached; undefined when there is none. */
  firstStranded(): number | undefined {
    const reaches = new Uint8Array(this.size)
    const ways = this.#byTarget()
    const pending = [...this.#goals]
    for (const goal of pending) reaches[goal] = 1
    for (let to = pending.pop(); to !== undefined; to = pending.pop()) {
      for (let way = ways.starts[to] ?? 0; way < (ways.starts[to + 1] ?? 0); way += 1) {
        const from = ways.sources[way] ?? 0
        if (reaches[from] === 1) continue
        reaches[from] = 1
        pending.push(from)
      }
    }
    const stranded = reaches.indexOf(0)

    return stranded < 0 ? undefined : stranded
  }

  /** The steps turned round: where those to each state come from, one state after the other. */
  #byTarget(): { readonly starts: Int32Array; readonly sources: Int32Array } {
    const starts = new Int32Array(this.size + 1)
    for (let way = 0; way < this.#to.size; way += 1) {
      const next = this.#to.at(way) + 1
      starts[next] = (starts[next] ?? 0) + 1
    }
    for (let id = 1; id < starts.length; id += 1) {
      starts[id] = (starts[id] ?? 0) + (starts[id - 1] ?? 0)
    }
    const filled = starts.slice()
    const sources = new Int32Array(this.#from.size)
    for (let way = 0; way < this.#from.size; way += 1) {
      const to = this.#to.at(way)
      const place = filled[to] ?? 0
      sources[place] = this.#from.at(way)
      filled[to] = place + 1
    }

    return { starts, sources }
  }
}
