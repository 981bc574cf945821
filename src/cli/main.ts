#!/usr/bin/env node
/**
 * The command line `oban`. Exit code 0: done. 1: failed, with one line that says why. 2: misused.
 *
 * The only place that knows exit codes. It sets one rather than exiting, which could cut the output.
 */
import { findCommand, parseOptions } from './arguments.ts'
import { UsageError, type Command } from './command.ts'
import { commandHelp, overview } from './help.ts'
import { installCommand } from './install.ts'
import { migrateCommand } from './migrate.ts'
import { uninstallCommand } from './uninstall.ts'
import { versionCommand } from './version.ts'

const commands: readonly Command[] = [
  installCommand,
  uninstallCommand,
  migrateCommand,
  versionCommand,
]

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined) throw new UsageError('a command is missing')
  if (name === '--help' || name === '-h' || name === 'help') return console.log(overview(commands))

  const command = findCommand(commands, name === '--version' ? 'version' : name)
  const options = parseOptions(command.options, args)
  if (options.help) return console.log(commandHelp(command))

  await command.run({ options, env: process.env, print: console.log, warn: console.error })
}

/** One line for any error. */
function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)

  return message.replaceAll(/\s*\n\s*/g, ' ')
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const misused = error instanceof UsageError
  console.error(`oban: ${describe(error)}`)
  if (misused) console.error('Run "oban --help" for what there is.')
  process.exitCode = misused ? 2 : 1
})
