#!/usr/bin/env node
/**
 * The command line `oban`. Exit code 0: done. 1: failed, with one line that says why. 2: misused.
 * 130, 143: ended by Ctrl-C, by SIGTERM.
 *
 * The only place that knows exit codes. It sets one rather than exiting, which could cut the output.
 */
import { constants } from 'node:os'
import { ConfigError } from '../errors.ts'
import { findCommand, parseArguments } from './arguments.ts'
import { InterruptedError, UsageError, type Command } from './command.ts'
import { demoCommand } from './demo.ts'
import { commandHelp, overview } from './help.ts'
import { installCommand } from './install.ts'
import { jobsCommand } from './jobs.ts'
import { migrateCommand } from './migrate.ts'
import { queuesCommand } from './queues.ts'
import { startCommand } from './start.ts'
import { topCommand } from './top.ts'
import { treeCommand } from './tree.ts'
import { uninstallCommand } from './uninstall.ts'
import { versionCommand } from './version.ts'

const commands: readonly Command[] = [
  installCommand,
  uninstallCommand,
  migrateCommand,
  startCommand,
  treeCommand,
  topCommand,
  queuesCommand,
  jobsCommand,
  demoCommand,
  versionCommand,
]

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined) throw new UsageError('a command is missing')
  if (name === '--help' || name === '-h' || name === 'help') return console.log(overview(commands))

  const command = findCommand(commands, name === '--version' ? 'version' : name)
  const { options, operands } = parseArguments(command, args)
  if (options.help) return console.log(commandHelp(command))

  const { env } = process
  await command.run({ options, operands, env, print: console.log, warn: console.error })
}

/** One line for any error, but for a configuration, of which each problem has a line. */
function describe(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  const message = error instanceof Error ? error.message : String(error)

  return message.replaceAll(/\s*\n\s*/g, ' ')
}

function exitCode(error: unknown): number {
  if (error instanceof InterruptedError) return 128 + constants.signals[error.signal]

  // Who restarts what has failed need not: this fails again until somebody corrects it.
  return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
}

// A reader that has gone, as in `oban jobs | head`, is no reason to leave work half done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`oban: ${describe(error)}`)
  if (error instanceof UsageError) console.error('Run "oban --help" for what there is.')
  process.exitCode = exitCode(error)
})
