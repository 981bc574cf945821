/**
 * What is under way, by its token, a whole number above 0: a map for what comes and goes all the time.
 *
 * A `Map` that loses as much as it gains is copied again and again, and each old copy keeps what stood in it
 * until the next full collection of garbage: jobs that had ended were moved to the old generation, at several
 * microseconds each. This one stays in its place.
 */

/** A size is a power of two: so many of the first bits of a token's hash say where it stands. */
const FIRST_BITS = 6

/**
 * Tokens are counted up: multiplied by the golden ratio, as a part of 2 ** 32, they lie far apart. In a row each
 * removal would walk to the row's end.
 */
const SPREAD = 0x9e37_79b1

export class TokenTable<Item> {
  #bits = FIRST_BITS
  /** Where an item stands, or the first free place after that; 0 where nothing stands. */
  #tokens = new Float64Array(2 ** FIRST_BITS)
  #items: (Item | undefined)[] = Array.from({ length: 2 ** FIRST_BITS })
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The item with this token. */
  get(token: number): Item | undefined {
    return this.#items[this.#placeOf(token)]
  }

  has(token: number): boolean {
    return this.get(token) !== undefined
  }

  /** Put an item in, in place of one with the same token. */
  set(token: number, item: Item): void {
    if (this.#size * 2 >= this.#items.length) this.#grow()
    const place = this.#placeOf(token)
    if (this.#tokens[place] !== token) this.#size += 1
    this.#tokens[place] = token
    this.#items[place] = item
  }

  /** Take an item out; false when there is none with this token. */
  delete(token: number): boolean {
    let free = this.#placeOf(token)
    if (this.#tokens[free] !== token) return false
    const mask = this.#items.length - 1
    // What stands behind may have wanted this place, and would not be found beyond a free one.
    for (let place = (free + 1) & mask; ; place = (place + 1) & mask) {
      const other = this.#tokens[place] ?? 0
      if (other === 0) break
      const distance = (place - this.#homeOf(other)) & mask
      if (distance < ((place - free) & mask)) continue
      this.#tokens[free] = other
      this.#items[free] = this.#items[place]
      free = place
    }
    this.#tokens[free] = 0
    this.#items[free] = undefined
    this.#size -= 1

    return true
  }

  clear(): void {
    this.#tokens.fill(0)
    this.#items.fill(undefined)
    this.#size = 0
  }

  /** Tokens in use, the oldest first. */
  tokens(): number[] {
    return Array.from(this.#tokens.filter((token) => token !== 0).toSorted())
  }

  /** The items, in the order of their tokens. */
  values(): Item[] {
    return this.tokens().flatMap((token) => this.get(token) ?? [])
  }

  /** The items in no particular order, which takes far less. */
  unordered(): Item[] {
    return this.#items.filter((item) => item !== undefined)
  }

  /** The place that a token wants. */
  #homeOf(token: number): number {
    return Math.imul(token, SPREAD) >>> (32 - this.#bits)
  }

  #placeOf(token: number): number {
    const mask = this.#items.length - 1
    let place = this.#homeOf(token)
    while (this.#tokens[place] !== token && this.#tokens[place] !== 0) place = (place + 1) & mask

    return place
  }

  #grow(): void {
    const [tokens, items] = [this.#tokens, this.#items]
    this.#bits += 1
    this.#tokens = new Float64Array(2 ** this.#bits)
    this.#items = Array.from({ length: 2 ** this.#bits })
    for (const [place, token] of tokens.entries()) {
      if (token === 0) continue
      const moved = this.#placeOf(token)
      this.#tokens[moved] = token
      this.#items[moved] = items[place]
    }
  }
}
