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
  /** Whether it failed for one of the patches, and others may be stored without it. */
  readonly isRefusal: (error: unknown) => boolean
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
  readonly #input: PatchesInput
  #waiting = new Map<string, Waiting>()
  #isSending = false

  constructor(input: PatchesInput) {
    this.#input = input
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

  /**
   * One whose row is locked, or that the database refuses, must not keep the others. With the database
   * away each would wait alone for what all have waited for, and the ends of their jobs with them.
   */
  async #store(batch: readonly Waiting[]): Promise<void> {
    try {
      const ids = await this.#input.send(batch.map(({ claim }) => claim))
      for (const { claim, told } of batch) {
        for (const { resolve } of told) resolve(ids.has(claim.id))
      }
    } catch (error) {
      if (batch.length > 1 && this.#input.isRefusal(error)) {
        for (const one of batch) await this.#store([one])
      } else {
        for (const { told } of batch) for (const { reject } of told) reject(error)
      }
    }
  }
}
