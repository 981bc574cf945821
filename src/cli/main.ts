#!/usr/bin/env node
/**
 * The command line `oban`. Exit code 0: done. 1: failed, with one line that says why. 2: misused.
 * 130, 143: ended by Ctrl-C, by SIGTERM.
 *
 * The only place that knows exit codes. It sets one rather than exiting at once, which could cut the output.
 */
import { constants } from 'node:os'
import { ConfigError } from '../errors.ts'
import { findCommand, parseArguments } from './arguments.ts'
import { InterruptedError, UsageError } from './command.ts'
import { commands } from './commands.ts'
import { commandHelp, overview } from './help.ts'
import { strayVariables } from './settings/stray-variables.ts'

/** How long a command that is done waits for what its process has under way. */
const LINGER_MS = 2_000

const [first, ...rest] = process.argv.slice(2)

async function main(name: string | undefined, args: readonly string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    // `oban help start` is what many type first.
    const [about] = args
    const text =
      about === undefined ? overview(commands) : commandHelp(findCommand(commands, about))

    return console.log(text)
  }

  const command = findCommand(commands, name === '--version' ? 'version' : name)
  const { options, operands } = parseArguments(command, args)
  if (options.help) return console.log(commandHelp(command))

  const { env } = process
  if (Object.values(command.options).some(({ variable }) => variable !== undefined)) {
    for (const line of strayVariables(env)) console.error(`oban: ${line}`)
  }
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

/** Where to read on. */
function advice(name: string | undefined): string {
  return commands.some((command) => command.name === name)
    ? `Run "oban ${name} --help" for what it takes.`
    : 'Run "oban --help" for what there is.'
}

// A reader that has gone, as in `oban jobs | head`, is no reason to leave work half done, and a full disk
// below the log of a node none to end its jobs: that is said once, and by the exit code.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || process.exitCode !== undefined) return
    process.exitCode = 1
    console.error(`oban: the output cannot be written: ${error.message}`)
  })
}

/** Nothing is left that could end the command, as where a configuration awaits what never comes. */
function stall(): void {
  console.error('oban: nothing is left to wait for: a promise of a module it loads never settles')
  process.exitCode = 1
}

process.once('beforeExit', stall)

const run = main(first, rest).catch((error: unknown) => {
  console.error(`oban: ${describe(error)}`)
  if (error instanceof UsageError) console.error(advice(first))
  // For a program that reads the output of others too.
  if (error instanceof ConfigError && rest.includes('--json')) {
    console.log(JSON.stringify(error.problems))
  }
  process.exitCode = exitCode(error)
})

/**
 * What goes on must not keep a process that is done for long: a body on the main thread that was asked to end in
 * vain, or a pool that a module of the user's has opened. What is on its way, as a report of an error, may arrive.
 */
async function end(): Promise<void> {
  process.off('beforeExit', stall)
  await Promise.all([process.stdout, process.stderr].map(written))
  setTimeout(() => process.exit(), LINGER_MS).unref()
}

/** Resolves when what was printed has left, or cannot. */
function written(stream: NodeJS.WriteStream): Promise<unknown> {
  return new Promise((resolve) => stream.write('', resolve))
}

void run.then(end)
