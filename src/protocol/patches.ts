/**
 * What running jobs merge into their meta, on its way to the database: one statement at a time, for all
 * jobs of the node that have something to say. A job that says much while a statement is under way has
 * it merged, and stored by the next.
 */
import type { JsonObject } from '../job/json.ts'

/** One claim of one job, as fences name it. */
export interface Claim {
  readonly id: string
  readonly attempt: number
  readonly uuid: string
  /** To the microsecond, as text. */
  readonly attempted_at: string
}

export interface ClaimPatch extends Claim {
  readonly patch: JsonObject
}

export interface PatchesInput {
  /** Store patches; resolves to the ids of those whose claim still holds. */
  readonly send: (patches: readonly ClaimPatch[]) => Promise<ReadonlySet<string>>
}

interface Waiting {
  claim: ClaimPatch
  readonly told: PromiseWithSettlers[]
}

interface PromiseWithSettlers {
  readonly resolve: (isStored: boolean) => void
  readonly reject: (error: unknown) => void
}

export class Patches {
  readonly #send: PatchesInput['send']
  #waiting = new Map<string, Waiting>()
  #isSending = false

  constructor({ send }: PatchesInput) {
    this.#send = send
  }

  /**
   * Merge into the meta of a job.
   *
   * @returns whether it was stored: not when the claim is over
   */
  add(claim: Claim, patch: JsonObject): Promise<boolean> {
    const key = `${claim.id} ${claim.attempted_at}`
    const waiting = this.#waiting.get(key) ?? { claim: { ...claim, patch: {} }, told: [] }
    waiting.claim = { ...claim, patch: { ...waiting.claim.patch, ...patch } }
    this.#waiting.set(key, waiting)
    const stored = new Promise<boolean>((resolve, reject) => {
      waiting.told.push({ resolve, reject })
    })
    if (!this.#isSending) void this.#flush()

    return stored
  }

  async #flush(): Promise<void> {
    this.#isSending = true
    // What is said in the same turn goes together.
    await Promise.resolve()
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()]
      this.#waiting = new Map()
      await this.#store(batch)
    }
    this.#isSending = false
  }

  /** One whose row is locked, or that the database refuses, must not keep the others. */
  async #store(batch: readonly Waiting[]): Promise<void> {
    try {
      const ids = await this.#send(batch.map(({ claim }) => claim))
      for (const { claim, told } of batch) {
        for (const { resolve } of told) resolve(ids.has(claim.id))
      }
    } catch (error) {
      const [only, ...rest] = batch
      if (rest.length === 0) for (const { reject } of only?.told ?? []) reject(error)
      else for (const one of batch) await this.#store([one])
    }
  }
}
