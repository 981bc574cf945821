/** Asks again and again, and shows the latest of each node. */
import type { NodePortrait } from '../../notifier/portrait.ts'
import { withLiveView } from '../live-view.ts'
import type { Paint } from '../paint.ts'
import { elapsed, plural } from '../quantity.ts'
import { ANSWER_MS, nameOf, type Asker } from './asker.ts'
import { drawNode } from './draw-node.ts'
import { rest } from './rest.ts'
import type { Heard } from './silence.ts'

export interface WatchInput {
  readonly asker: Asker
  readonly node: string | undefined
  /** Those who should answer the first question. */
  readonly expected: ReadonlySet<string>
  readonly intervalMs: number
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** What to say while nobody answers. */
  readonly explain: (heard: Heard) => readonly string[]
  /** Called with every answer, latest and before. */
  readonly onRound: (round: Round) => void
}

/** The latest of a node, and the one before. */
export interface Sitting {
  readonly latest: NodePortrait
  readonly before: NodePortrait | undefined
  /** Monotonic milliseconds at which the latest arrived. */
  readonly atMs: number
}

/** What is known after a question. */
export interface Round {
  readonly sittings: readonly Sitting[]
  readonly heard: Heard
  readonly nowMs: number
}

/** How long a node that has gone is shown, in milliseconds. */
const FORGET_MS = 30_000

/** Resolves when the signal aborts. */
export async function watch(input: WatchInput): Promise<void> {
  const { asker, node, intervalMs, signal, onRound } = input
  const sittings = new Map<string, Sitting>()
  let { expected } = input
  while (!signal.aborted) {
    const askedAtMs = performance.now()
    const asked = await asker.ask({
      node,
      expected,
      waitMs: Math.min(intervalMs, ANSWER_MS),
      signal,
    })
    const nowMs = performance.now()
    for (const latest of asked.portraits) {
      const before = sittings.get(nameOf(latest))?.latest
      sittings.set(nameOf(latest), { latest, before, atMs: nowMs })
    }
    for (const [name, { atMs }] of sittings) {
      if (nowMs - atMs > FORGET_MS) sittings.delete(name)
    }
    // One that did not answer is not waited for; it is asked all the same.
    expected = new Set(asked.portraits.map(nameOf))
    const shown = [...sittings].toSorted(([a], [b]) => a.localeCompare(b))
    onRound({ sittings: shown.map(([, sitting]) => sitting), heard: asked, nowMs })
    await rest(askedAtMs + intervalMs - performance.now(), signal)
  }
}

/** A node that has not answered for so long is marked, in milliseconds. */
const LATE_MS = 3_000

/** The lines of a round. */
export function drawRound(
  { sittings, nowMs }: Round,
  paint: Paint,
  silence: readonly string[],
): string[] {
  if (sittings.length === 0) return ['no node has answered yet', '', ...silence]

  return sittings.flatMap(({ latest, before, atMs }, index) => {
    const isLate = nowMs - atMs > LATE_MS
    const warning = paint('red', `no answer for ${elapsed(nowMs - atMs)}; this is what it was at:`)

    return [
      ...(index === 0 ? [] : ['']),
      ...(isLate ? [warning] : []),
      ...drawNode(latest, paint, before),
    ]
  })
}

/** Watch on a terminal, drawing in place. */
export async function watchLive(
  input: Omit<WatchInput, 'onRound'> & { readonly paint: Paint },
): Promise<void> {
  const { paint, intervalMs, explain } = input
  await withLiveView(input, async (view, signal) => {
    view.draw([paint('dim', 'asking the nodes …')])
    await watch({
      ...input,
      signal,
      onRound: (round) => {
        const nodes = plural(round.sittings.length, 'node')
        const title = `${nodes} · every ${elapsed(intervalMs)} · q ends`
        const silence = round.sittings.length > 0 ? [] : explain(round.heard)
        view.draw([paint('dim', title), ...drawRound(round, paint, silence)])
      },
    })
  })
}
