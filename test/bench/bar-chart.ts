/** A bar chart as SVG, by hand: it reads on a light page and on a dark one, and loads nothing. */
import { shown } from './table.ts'

export interface Bar {
  readonly label: string
  readonly value: number
  readonly kind: 'ours' | 'reference'
}

export interface Group {
  readonly title: string
  readonly bars: readonly Bar[]
}

export interface Chart {
  readonly title: string
  readonly unit: string
  readonly groups: readonly Group[]
}

const WIDTH = 760
const LABELS = 250
/** Left free at the right, for the numbers. */
const NUMBERS = 80
const BAR = 16
const GAP = 4
const GROUP_HEAD = 22
const GROUP_GAP = 12
const TOP = 44

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .group { font-weight: 600 }
  .number { fill: #57606a }
  .ours { fill: #0969da }
  .reference { fill: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .number { fill: #8d96a0 }
    .ours { fill: #4493f8 }
    .reference { fill: #545d68 }
  }`

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function barLines({ label, value, kind }: Bar, y: number, most: number): string[] {
  const width = Math.max(1, (value / most) * (WIDTH - LABELS - NUMBERS))
  const middle = y + BAR - GAP

  return [
    `<text x="${LABELS - 8}" y="${middle}" text-anchor="end">${escaped(label)}</text>`,
    `<rect class="${kind}" x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<text class="number" x="${(LABELS + width + 6).toFixed(1)}" y="${middle}">${shown(value)}</text>`,
  ]
}

export function barChart({ title, unit, groups }: Chart): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  const lines: string[] = []
  let y = TOP
  for (const group of groups) {
    lines.push(`<text class="group" x="0" y="${y + 14}">${escaped(group.title)}</text>`)
    y += GROUP_HEAD
    for (const bar of group.bars) {
      lines.push(...barLines(bar, y, most))
      y += BAR + GAP
    }
    y += GROUP_GAP
  }
  const heading = escaped(`${title}, ${unit}`)

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${heading.replaceAll('"', '&quot;')}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="0" y="18">${heading}</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}
