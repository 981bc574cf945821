/**
 * Explores every state that a model can get into, breadth first, so that the first violation that it
 * finds has a shortest trace. Knows nothing of jobs.
 *
 * Two kinds of properties: what must hold in each state, and that from each state a goal can still be
 * reached by steps that are no faults. The second needs the whole graph, so it is looked at in the end.
 */
import { Graph } from './graph.ts'

export interface Model<State> {
  readonly initial: State
  /** Equal for states that need not be told apart. */
  readonly keyOf: (state: State) => string
  /** Hand every state that one step leads to, each an object of its own, to `visit`. */
  readonly expand: (state: State, visit: Visit<State>) => void
  /** The property that this state, or the step that led to it, breaks. */
  readonly broken: (state: State) => string | undefined
  /** What has to stay within reach; states where the bounds cut a way off count as there. */
  readonly isGoal: (state: State) => boolean
}

export interface Step {
  /** What happened, for the trace. */
  readonly label: string
  /** Nobody may rely on it: a goal has to be within reach without such steps. */
  readonly isFault: boolean
}

export type Visit<State> = (step: Step, next: State) => void

export interface Limits {
  readonly maxSeconds: number
  readonly maxStates: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

export interface Violation {
  readonly property: string
  /** What happened from the start to the violation. */
  readonly trace: readonly string[]
}

export interface Exploration {
  readonly states: number
  readonly steps: number
  /** The most steps that a shortest way from the start to a state takes. */
  readonly depth: number
  readonly seconds: number
  /** `complete`: there is no other state. Otherwise why it ended before. */
  readonly end: 'complete' | 'states' | 'time' | 'violation'
  readonly violation: Violation | undefined
}

/** How many states are expanded between two looks at the clock. */
const LOOK_EVERY = 1_000

export const UNREACHABLE = 'the goal is out of reach without further faults'

export function explore<State>(model: Model<State>, limits: Limits): Exploration {
  const startedAtMs = limits.now()
  const graph = new Graph()
  let steps = 0
  let depth = 0
  const secondsGone = () => (limits.now() - startedAtMs) / 1_000
  const report = (end: Exploration['end'], violation?: Violation): Exploration => {
    return { states: graph.size, steps, depth, seconds: secondsGone(), end, violation }
  }
  const blame = (property: string, id: number): Exploration =>
    report('violation', { property, trace: graph.traceTo(id) })

  const known = new Map<string, number>()
  let layer: { id: number; state: State }[] = []
  const enter = (state: State, from: number, label: string): number => {
    const key = model.keyOf(state)
    const seen = known.get(key)
    if (seen !== undefined) return seen
    const id = graph.add(from, label, model.isGoal(state))
    known.set(key, id)
    layer.push({ id, state })

    return id
  }
  enter(model.initial, -1, '')
  const first = model.broken(model.initial)
  if (first !== undefined) return blame(first, 0)

  while (layer.length > 0) {
    const expanding = layer
    layer = []
    let offence: { readonly property: string; readonly id: number } | undefined
    for (const [index, { id, state }] of expanding.entries()) {
      if (index % LOOK_EVERY === 0 && secondsGone() > limits.maxSeconds) return report('time')
      if (graph.size > limits.maxStates) return report('states')
      model.expand(state, ({ label, isFault }, next) => {
        steps += 1
        const size = graph.size
        const to = enter(next, id, label)
        if (!isFault) graph.connect(id, to)
        if (to < size || offence) return
        const property = model.broken(next)
        if (property !== undefined) offence = { property, id: to }
      })
      if (offence) return blame(offence.property, offence.id)
    }
    if (layer.length > 0) depth += 1
  }
  const stranded = graph.firstStranded()

  return stranded === undefined ? report('complete') : blame(UNREACHABLE, stranded)
}
