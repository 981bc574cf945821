/** `oban top` on a terminal: looks again and again, and does what keys ask for. */
import type { Lookout } from '../fleet/lookout.ts'
import { keepLooking, type Sight } from '../fleet/watch.ts'
import { withLiveView } from '../live-view.ts'
import type { Paint } from '../paint.ts'
import { elapsed } from '../quantity.ts'
import { nameOf } from '../tree/asker.ts'
import type { NodePortrait } from '../../notifier/portrait.ts'
import { drawTop } from './draw.ts'
import { History } from './history.ts'
import { lookClosely, type TopLook } from './look.ts'

export interface LiveTopInput {
  readonly lookout: Lookout
  readonly intervalMs: number
  readonly paint: Paint
  /** Ends it. */
  readonly signal: AbortSignal
}

const KEYS = 'q quit · p pause · ↑ ↓ choose a queue · + - interval'

const STEPS_MS = [250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000]

const UP = new Set(['\u001B[A', 'k'])
const DOWN = new Set(['\u001B[B', 'j'])

/** What is shown, and how keys change it. */
export class TopState {
  readonly #paint: Paint
  readonly #history = new History()
  #sight: Sight<TopLook> | undefined
  /** What is shown while it is held. */
  #held: Sight<TopLook> | undefined
  #before: ReadonlyMap<string, NodePortrait> = new Map()
  #chosen: string | undefined
  #intervalMs: number

  constructor(intervalMs: number, paint: Paint) {
    this.#intervalMs = intervalMs
    this.#paint = paint
  }

  get intervalMs(): number {
    return this.#intervalMs
  }

  /** What is shown shall not change by itself. */
  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** Take in what was seen. */
  take(sight: Sight<TopLook>): void {
    if (sight.outage === undefined) {
      const { portraits, queues } = sight.seen
      const last = this.#sight?.seen.portraits ?? []
      this.#before = new Map(last.map((portrait) => [nameOf(portrait), portrait]))
      this.#history.add(queues, portraits)
    }
    this.#sight = sight
  }

  /** Whether the key means something here. */
  press(key: string): boolean {
    if (key === 'p' || key === ' ') this.#held = this.#held === undefined ? this.#sight : undefined
    else if (key === '+') this.#step(1)
    else if (key === '-') this.#step(-1)
    else if (UP.has(key)) this.#choose(-1)
    else if (DOWN.has(key)) this.#choose(1)
    else return false

    return true
  }

  draw(size: { readonly columns: number; readonly rows: number }): readonly string[] {
    const sight = this.#held ?? this.#sight
    if (sight === undefined) return [this.#paint('dim', 'looking …')]
    const every = `every ${elapsed(this.#intervalMs)}`

    return drawTop(
      {
        sight,
        history: this.#history,
        before: this.#before,
        chosen: this.#chosen,
        status: this.#held === undefined ? every : 'held: p goes on',
        keys: KEYS,
        paint: this.#paint,
      },
      size,
    )
  }

  /** To the next step in this direction, also from between two steps or beyond the last: --interval. */
  #step(by: -1 | 1): void {
    const next =
      by > 0
        ? STEPS_MS.find((step) => step > this.#intervalMs)
        : STEPS_MS.findLast((step) => step < this.#intervalMs)
    this.#intervalMs = next ?? this.#intervalMs
  }

  /** All queues stand above the first. */
  #choose(by: number): void {
    const names = (this.#sight?.seen.queues ?? []).map(({ queue }) => queue)
    const at = names.findIndex((name) => name === this.#chosen) + by
    if (at < names.length) this.#chosen = at < 0 ? undefined : names[at]
  }
}

export async function topLive({ lookout, intervalMs, paint, signal }: LiveTopInput): Promise<void> {
  const state = new TopState(intervalMs, paint)
  const draw = state.draw.bind(state)
  const onKey = state.press.bind(state)
  await withLiveView({ signal, onKey }, async (view, over) => {
    view.draw(draw)
    await keepLooking<TopLook>({
      look: (ended) => lookClosely(lookout, ended),
      loadMs: ({ databaseMs }) => databaseMs,
      intervalMs: () => state.intervalMs,
      signal: over,
      onSight: (sight) => {
        state.take(sight)
        if (!state.isHeld) view.draw(draw)
      },
    })
  })
}
