/** Reads the command line. Every mistake says what was meant, if that can be guessed. */
import { parseArgs } from 'node:util'
import { hidePassword } from '../engine/client.ts'
import { nearest } from '../suggestion.ts'
import {
  UsageError,
  type Command,
  type OptionSpec,
  type OptionSpecs,
  type OptionValues,
} from './command.ts'

/** Find a command by its name. */
export function findCommand(commands: readonly Command[], name: string): Command {
  const command = commands.find((candidate) => candidate.name === name)
  if (command) return command

  const names = commands.map((candidate) => candidate.name)
  throw new UsageError(`unknown command "${hidePassword(name)}"${hint(name, names)}`)
}

/** What stands after the command's name. */
export interface Parsed<Options extends OptionSpecs> {
  readonly options: OptionValues<Options> & { readonly help?: boolean }
  readonly operands: readonly string[]
}

/**
 * Parse what stands after the command's name. After `--` everything is an operand.
 *
 * @throws {UsageError} for an option that the command does not have, or one that is misused, and for
 *   operands of a command that takes none
 */
export function parseArguments<Options extends OptionSpecs>(
  command: Pick<Command<Options>, 'operands' | 'options'>,
  args: readonly string[],
): Parsed<Options> {
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
  const { tokens, values, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
  })

  let last = ''
  for (const token of tokens) {
    if (token.kind === 'positional' && command.operands === undefined) {
      // Perhaps a database URL whose option was forgotten.
      const argument = `unexpected argument "${hidePassword(token.value)}"`
      throw new UsageError(`${argument}${quotingHint(last, command.options[last])}`)
    }
    if (token.kind === 'option') {
      checkOption(options, token)
      last = token.name
    }
  }

  return { options: values, operands: positionals }
}

/** Of a pattern without quotes the shell makes many words, of which the option takes the first. */
function quotingHint(option: string, spec: OptionSpec | undefined): string {
  return spec?.completes === 'file'
    ? `; put a pattern for --${option} in quotes, or the shell makes a word of each file`
    : ''
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function checkOption(
  options: Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>,
  { name, rawName, value, inlineValue }: OptionToken,
): void {
  const spec = Object.hasOwn(options, name) ? options[name] : undefined
  if (!spec) {
    const names = Object.keys(options).map((known) => `--${known}`)
    throw new UsageError(`unknown option "${rawName}"${hint(rawName, names)}`)
  }
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`option "${rawName}" takes no value`)

    return
  }
  // `--prefix --json` is a forgotten value rather than a schema of that name.
  if (!value) throw new UsageError(`option "${rawName}" needs a value`)
  if (!inlineValue && value.startsWith('-')) {
    throw new UsageError(
      `option "${rawName}" needs a value; one that begins with "-" is written ${rawName}=-…`,
    )
  }
}

/** What was meant, perhaps; empty when nobody can tell. */
export function hint(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known)

  return meant === undefined ? '' : `; did you mean "${meant}"?`
}
