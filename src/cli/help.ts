/** The help texts, made from what the commands say about themselves. */
import type { Command } from './command.ts'

const columnWidth = 24

/** The list of commands. */
export function overview(commands: readonly Command[]): string {
  return [
    'Usage: oban <command> [options]',
    '',
    ...commands.map(({ name, summary }) => row(name, summary)),
    '',
    'Options of a command: oban <command> --help',
  ].join('\n')
}

/** One command and its options. */
export function commandHelp({ name, summary, options, operands }: Command): string {
  const rows = Object.entries(options).map(([option, { value, description }]) =>
    row(value === undefined ? `--${option}` : `--${option} <${value}>`, description),
  )

  return [
    `Usage: oban ${name} [options]${operands === undefined ? '' : ` ${operands.usage}`}`,
    '',
    summary,
    '',
    ...(operands === undefined ? [] : [row(operands.usage, operands.description)]),
    ...rows,
    row('--help', 'show this text'),
  ].join('\n')
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(columnWidth)}${text}`
}
