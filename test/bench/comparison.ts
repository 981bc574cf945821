/** Ours beside a reference: what was measured in each round becomes one line of the result. */
import { median } from './statistics.ts'

/** What one run of a contender came to, by name. */
export type Figures = Readonly<Record<string, number>>

/** A bound for the ratio or, where nothing is compared, for our own figure. */
export interface Aim {
  readonly of: 'ours' | 'ratio'
  readonly least?: number
  readonly most?: number
}

interface Source {
  /** Name of a contender. */
  readonly contender: string
  readonly figure: string
}

export interface Comparison {
  /** As `drain/inline/limit-100`; several may share it, with different references. */
  readonly case: string
  readonly ours: Source
  /** Nothing where our figure stands for itself. */
  readonly reference?: Source & { readonly label: string }
  readonly unit: string
  readonly aim?: Aim
}

/** One line of the result; as JSON with `--json`. */
export interface Outcome {
  readonly case: string
  /** Medians over the rounds. */
  readonly ours: number
  readonly reference: number | null
  /**
   * The median of the ratios of the rounds, not the ratio of the medians: what slowed a whole round down
   * slowed both.
   */
  readonly ratio: number | null
  readonly unit: string
  /** What the reference is. */
  readonly against: string | null
  readonly aim: Aim | null
  readonly isMet: boolean | null
  readonly ratios: readonly number[]
  readonly rounds: number
}

/** The figures of a contender in each round, by its name. */
export type Rounds = ReadonlyMap<string, readonly Figures[]>

function figuresOf(rounds: Rounds, { contender, figure }: Source): number[] | undefined {
  const all = rounds.get(contender)
  if (all === undefined || all.length === 0) return undefined

  return all.map((figures) => {
    const value = figures[figure]
    if (value === undefined) throw new Error(`${contender} has no figure ${figure}`)

    return value
  })
}

/** Null when there is no ratio to judge. */
function isWithin(aim: Aim, { ours, ratio }: Pick<Outcome, 'ours' | 'ratio'>): boolean | null {
  const value = aim.of === 'ours' ? ours : ratio
  if (value === null) return null

  return value >= (aim.least ?? -Infinity) && value <= (aim.most ?? Infinity)
}

/** Nothing when one of the two did not take part. */
export function outcomeOf(comparison: Comparison, rounds: Rounds): Outcome | undefined {
  const { ours: pick, reference, unit, aim } = comparison
  const ours = figuresOf(rounds, pick)
  if (ours === undefined) return undefined
  const others = reference && figuresOf(rounds, reference)
  if (reference !== undefined && others === undefined) return undefined
  const ratios = (others ?? []).map((other, round) => (ours[round] ?? NaN) / other)
  const medians = {
    ours: median(ours),
    reference: others ? median(others) : null,
    ratio: others ? median(ratios) : null,
  }

  return {
    case: comparison.case,
    ...medians,
    unit,
    against: reference?.label ?? null,
    aim: aim ?? null,
    isMet: aim ? isWithin(aim, medians) : null,
    ratios,
    rounds: ours.length,
  }
}
