/** Outcomes as a table for people. */
import type { Aim, Outcome } from './comparison.ts'

/** Three digits that say something, and no more. */
export function shown(value: number): string {
  if (Math.abs(value) >= 1_000) {
    return Math.round(value)
      .toString()
      .replaceAll(/\B(?=(\d{3})+$)/g, ',')
  }

  return String(Number(value.toPrecision(3)))
}

export function aimText({ least, most }: Aim): string {
  return [
    ...(least === undefined ? [] : [`>= ${least}`]),
    ...(most === undefined ? [] : [`<= ${most}`]),
  ].join(', ')
}

function cellsOf(outcome: Outcome): string[] {
  const { ours, reference, ratio, aim, isMet } = outcome
  const verdict = isMet === null ? '' : isMet ? ' met' : ' MISSED'

  return [
    outcome.case,
    `${shown(ours)} ${outcome.unit}`,
    reference === null ? '' : shown(reference),
    ratio === null ? '' : ratio.toFixed(2),
    aim ? `${aimText(aim)}${verdict}` : '',
    outcome.against ?? '',
  ]
}

/** Columns as wide as they must be. */
export function table(outcomes: readonly Outcome[]): string {
  const head = ['case', 'ours', 'reference', 'ratio', 'aim', 'against']
  const rows = [head, ...outcomes.map(cellsOf)]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))

  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}
