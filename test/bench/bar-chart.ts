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
/** About what a character of a label takes. */
const CHARACTER = 6.6
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

interface Scale {
  /** Where bars begin, right of the longest label. */
  readonly left: number
  readonly most: number
}

function scaleOf(bars: readonly Bar[]): Scale {
  const longest = Math.max(...bars.map(({ label }) => label.length))

  return {
    left: Math.ceil(longest * CHARACTER) + 16,
    most: Math.max(...bars.map(({ value }) => value)),
  }
}

function barLines({ label, value, kind }: Bar, y: number, { left, most }: Scale): string[] {
  const width = Math.max(1, (value / most) * (WIDTH - left - NUMBERS))
  const middle = y + BAR - GAP

  return [
    `<text x="${left - 8}" y="${middle}" text-anchor="end">${escaped(label)}</text>`,
    `<rect class="${kind}" x="${left}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<text class="number" x="${(left + width + 6).toFixed(1)}" y="${middle}">${shown(value)}</text>`,
  ]
}

export function barChart({ title, unit, groups }: Chart): string {
  const scale = scaleOf(groups.flatMap(({ bars }) => bars))
  const lines: string[] = []
  let y = TOP
  for (const group of groups) {
    lines.push(`<text class="group" x="0" y="${y + 14}">${escaped(group.title)}</text>`)
    y += GROUP_HEAD
    for (const bar of group.bars) {
      lines.push(...barLines(bar, y, scale))
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
