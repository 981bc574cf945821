/** Which charts the lines of a run make. */
import type { Chart, Group } from './bar-chart.ts'
import type { Outcome } from './comparison.ts'

/** The part of a case's name that all of its family share. */
function familyOf({ case: name }: Outcome): string {
  return name.split('/')[0] ?? name
}

function restOf({ case: name }: Outcome): string {
  return name
    .split('/')
    .slice(1)
    .join(', ')
    .replaceAll(/-(?=\d)/g, ' ')
}

/** Ours and everybody that it was compared with. */
function groupOf(outcomes: readonly Outcome[]): Group | undefined {
  const [first] = outcomes
  if (first === undefined) return undefined
  const others = outcomes.flatMap(({ against, reference }) =>
    against === null || reference === null
      ? []
      : [{ label: against, value: reference, kind: 'reference' as const }],
  )

  return {
    title: restOf(first),
    bars: [{ label: 'oban-ts', value: first.ours, kind: 'ours' }, ...others],
  }
}

function grouped(
  outcomes: readonly Outcome[],
  keyOf: (outcome: Outcome) => string,
): Map<string, Outcome[]> {
  const groups = new Map<string, Outcome[]>()
  for (const outcome of outcomes) {
    const key = keyOf(outcome)
    groups.set(key, [...(groups.get(key) ?? []), outcome])
  }

  return groups
}

/** As `drain-jobs-s.svg`. */
function fileOf(outcome: Outcome): string {
  const words = `${familyOf(outcome)} ${outcome.unit}`.toLowerCase()

  return `${words.replaceAll(/[^a-z0-9]+/g, '-').replace(/-$/, '')}.svg`
}

/** A chart for each family and unit, by the name of its file. */
export function charts(outcomes: readonly Outcome[]): Map<string, Chart> {
  // A chart of one bar shows less than its number does.
  const worthy = [...grouped(outcomes, fileOf)].filter(([, all]) => all.length > 1)

  return new Map(
    worthy.flatMap(([file, all]): Array<[string, Chart]> => {
      const [first] = all
      if (first === undefined) return []
      const groups = [...grouped(all, (outcome) => outcome.case).values()]

      return [
        [
          file,
          {
            title: familyOf(first),
            unit: first.unit,
            groups: groups.flatMap((group) => groupOf(group) ?? []),
          },
        ],
      ]
    }),
  )
}
