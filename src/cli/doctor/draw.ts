/** Draws findings for people: by theme, in the width that there is. */
import type { Paint, Style } from '../paint.ts'
import { plural } from '../quantity.ts'
import { padTo } from '../text-width.ts'
import { tally, type Examination } from './examination.ts'
import { themes, type Finding, type Result, type Theme } from './finding.ts'

export const titles: Readonly<Record<Theme, string>> = {
  server: 'Server',
  schema: 'Schema',
  indexes: 'Indexes',
  table: 'Jobs table',
  transactions: 'Transactions',
  rights: 'Rights of the role',
  connections: 'Connections',
  nodes: 'Nodes',
  jobs: 'Jobs',
}

const marks: Readonly<Record<Result, readonly [sign: string, style: Style]>> = {
  ok: ['✓', 'green'],
  note: ['i', 'cyan'],
  warning: ['!', 'yellow'],
  problem: ['✗', 'red'],
}

const ID_WIDTH = 22
/** The sign, the id and the gaps around them. */
const INDENT = ID_WIDTH + 4
const LEAST_WIDTH = 60
const MOST_WIDTH = 120

export interface DrawOptions {
  readonly paint: Paint
  /** Columns of the terminal. */
  readonly width: number
}

export function drawFindings({ findings }: Examination, options: DrawOptions): string[] {
  return themes.flatMap((theme) => {
    const own = findings.filter((finding) => finding.theme === theme)
    if (own.length === 0) return []

    return [
      options.paint('bold', titles[theme]),
      ...own.flatMap((finding) => drawFinding(finding, options)),
      '',
    ]
  })
}

function drawFinding(finding: Finding, { paint, width }: DrawOptions): string[] {
  const { id, result, why } = finding
  const found = plain(finding.found)
  const todo = finding.todo.map(plain)
  const [sign, style] = marks[result]
  const room = Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, width)) - INDENT
  const [first = '', ...rest] = wrap(found, room)
  const indent = ' '.repeat(INDENT)
  const lines = [
    `${paint(style, sign)} ${padTo(id, ID_WIDTH)}  ${first}`,
    ...rest.map((line) => indent + line),
  ]
  if (result === 'ok') return lines
  const act = todo.flatMap((line) => {
    const arrow = paint('cyan', '→')
    // What is too long for the place below the others begins at the left, where less of it is broken.
    if (isCopied.test(line)) {
      return [`${line.length <= room - 2 ? indent : '  '}${arrow} ${line}`]
    }
    const [head = '', ...tail] = wrap(line, room - 2)

    return [`${indent}${arrow} ${head}`, ...tail.map((more) => `${indent}  ${more}`)]
  })

  return [...lines, ...wrap(`why: ${why}`, room).map((line) => indent + paint('dim', line)), ...act]
}

/** Without what steers a terminal: roles, instances and queues are called as anybody likes. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
}

/** Statements and commands, which are never broken. */
const isCopied = /^(?:[A-Z]{3,} |oban |await |npm )/

/** Break text at spaces. A word that is too long for a line stands on one of its own. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word)
  }

  return lines
}

/** `2 problems, 1 warning, 3 notes, 40 ok` */
export function summarize({ findings, leftOut }: Examination, paint: Paint): string {
  const { ok, note, warning, problem } = tally(findings)
  const parts = [
    ...(problem > 0 ? [paint('red', plural(problem, 'problem'))] : []),
    ...(warning > 0 ? [paint('yellow', plural(warning, 'warning'))] : []),
    ...(note > 0 ? [plural(note, 'note')] : []),
    paint('green', `${ok} ok`),
    ...(leftOut.length > 0
      ? [`${plural(leftOut.length, 'check')} left out: nothing to look at`]
      : []),
  ]

  return parts.join(', ')
}
