/** The help texts, made from what the commands say about themselves. */
import type { Command, OptionSpecs } from './command.ts'

const columnWidth = 24
const MOST_WORDS = 5

/** Of every command; what one of them means by a code stands with the command. */
const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'failed; one line on standard error says why',
  2: 'the command line or the configuration cannot be used',
}

/** The list of commands. */
export function overview(commands: readonly Command[]): string {
  return [
    'Usage: oban <command> [options]',
    '',
    ...commands.map(({ name, summary }) => row(name, summary)),
    '',
    'A command with its options: oban <command> --help',
    'Settings: oban.config.js, .mjs or .ts, over it OBAN_* variables, over both options',
  ].join('\n')
}

/** One command and its options. */
export function commandHelp(command: Command): string {
  const { name, summary, options, operands, examples = [], notes = [] } = command
  const operandRows = operands === undefined ? [] : [row(operands.usage, operands.description)]

  return [
    `Usage: oban ${name} [options]${operands === undefined ? '' : ` ${operands.usage}`}`,
    '',
    summary,
    '',
    ...operandRows,
    ...optionRows(options),
    row('--help', 'show this text'),
    ...section('Variables, where the option is not given:', variableRows(options)),
    ...section('Exit codes:', codeRows({ ...EXIT_CODES, ...command.exitCodes })),
    ...section(
      'Examples:',
      examples.flatMap(({ line, description }) => [`  ${line}`, `      ${description}`]),
    ),
    ...section('', notes),
  ].join('\n')
}

function optionRows(options: OptionSpecs): string[] {
  return Object.entries(options).map(([option, { value, words, description }]) => {
    // Many words are for completion; a line has no room for them.
    const choice = words === undefined || words.length > MOST_WORDS ? '' : `${listed(words)}; `

    return row(
      value === undefined ? `--${option}` : `--${option} <${value}>`,
      `${choice}${description}`,
    )
  })
}

function variableRows(options: OptionSpecs): string[] {
  return Object.entries(options).flatMap(([option, { variable }]) =>
    variable === undefined ? [] : [row(variable, `--${option}`)],
  )
}

function codeRows(codes: Readonly<Record<number, string>>): string[] {
  const rows = Object.entries(codes).map(([code, meaning]) => row(code, meaning))

  return [...rows, row('130, 143', 'ended by Ctrl-C, by SIGTERM')]
}

function section(title: string, rows: readonly string[]): readonly string[] {
  if (rows.length === 0) return []

  return title === '' ? ['', ...rows] : ['', title, ...rows]
}

/** `json, pretty or silent` */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function row(name: string, text: string): string {
  // A long name has the line for itself.
  const gap =
    name.length < columnWidth ? name.padEnd(columnWidth) : `${name}\n  ${' '.repeat(columnWidth)}`

  return `  ${gap}${text}`
}
