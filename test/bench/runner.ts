/** Runs the contenders of a family in turn, round after round, and compares them. */
import { outcomeOf, type Comparison, type Figures, type Outcome } from './comparison.ts'
import { type Contender, type Family, MissingPeerError, type Stage } from './family.ts'

export interface Run {
  readonly isWanted: (comparison: Comparison) => boolean
  readonly stage: Stage
  readonly rounds: number
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
}

/** Whether somebody asked for it, by the first parts of its name. `limit-10` is no part of `limit-100`. */
export function isAsked(name: string, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((prefix) => `${name}/`.startsWith(`${prefix}/`))
}

/** Those that the comparisons name, in the order in which they were given. */
function takingPart(family: Family, comparisons: readonly Comparison[]): Contender[] {
  const names = new Set(
    comparisons.flatMap(({ ours, reference }) => [ours.contender, reference?.contender]),
  )

  return family.contenders.filter(({ name }) => names.has(name))
}

/**
 * There and back: what runs first finds another machine than what runs last, and neighbours, which are compared, stay
 * neighbours.
 */
export function thereAndBack<Each>(all: readonly Each[], turn: number): Each[] {
  return turn % 2 === 0 ? [...all] : all.toReversed()
}

function lineOf(name: string, figures: Figures): string {
  const shown = Object.entries(figures).map(([figure, value]) => `${figure} ${round(value)}`)

  return `${name}: ${shown.join(', ')}`
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}

export async function runFamily(
  family: Family,
  { stage, rounds, signal, isWanted, onProgress }: Run,
): Promise<Outcome[]> {
  const comparisons = family.comparisons.filter(isWanted)
  const all = new Map<string, Figures[]>()
  const missing = new Set<string>()
  for (let done = 0; done < (family.isOnce === true ? 1 : rounds); done += 1) {
    for (const contender of thereAndBack(takingPart(family, comparisons), done)) {
      signal.throwIfAborted()
      if (missing.has(contender.name)) continue
      try {
        const figures = await contender.measure(stage)
        all.set(contender.name, [...(all.get(contender.name) ?? []), figures])
        onProgress(lineOf(contender.name, figures))
      } catch (error) {
        if (!(error instanceof MissingPeerError)) throw error
        missing.add(contender.name)
        onProgress(`${contender.name} is left out: ${error.message}`)
      }
    }
  }

  return comparisons.flatMap((comparison) => outcomeOf(comparison, all) ?? [])
}
