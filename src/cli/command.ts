/** What a command of `oban` is. Each has its own file, and none ends the process. */

export interface OptionSpec {
  readonly type: 'boolean' | 'string'
  readonly description: string
  /** What stands for the value in the help: `--prefix <schema>`. */
  readonly value?: string
  /** The words that the value may be: shown in the help, completed by the shell. */
  readonly words?: readonly string[]
  /** The variable of the environment that stands in for the option. */
  readonly variable?: string
  /** What the shell completes the value with. Default: nothing, or the words */
  readonly completes?: 'file'
  /** May be given several times; the values come as a list. */
  readonly multiple?: true
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** The options as they were given. A flag that was not given is undefined. */
export type OptionValues<Options extends OptionSpecs> = {
  readonly [Name in keyof Options]?: Options[Name]['type'] extends 'boolean'
    ? boolean
    : Options[Name] extends { readonly multiple: true }
      ? readonly string[]
      : string
}

/** What a command takes beside options. */
interface OperandSpec {
  /** As the usage line shows it: `[path…]`. */
  readonly usage: string
  readonly description: string
  /** What the first may be, for completion. */
  readonly words?: readonly string[]
  /** What the shell completes each with. Default: nothing, or the words */
  readonly completes?: 'file'
}

export interface Example {
  /** As it is typed: `oban jobs --state retryable`. */
  readonly line: string
  readonly description: string
}

export interface Context<Options extends OptionSpecs = OptionSpecs> {
  readonly options: OptionValues<Options>
  /** What was given beside options; empty for a command that takes none. */
  readonly operands: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Write a line to standard output: what the command is asked for. */
  readonly print: (line: string) => void
  /** Write a line to standard error: what the user should know beside it. */
  readonly warn: (line: string) => void
}

export interface Command<Options extends OptionSpecs = OptionSpecs> {
  readonly name: string
  /** One line, shown in the list of commands. */
  readonly summary: string
  readonly options: Options
  /** Left out by commands that take options only. */
  readonly operands?: OperandSpec
  /** Command lines that work as they stand, with what each is for. */
  readonly examples?: readonly Example[]
  /** What exit codes mean here, where they say more than 0 done, 1 failed, 2 misused. */
  readonly exitCodes?: Readonly<Record<number, string>>
  /** What the help says at its end. */
  readonly notes?: readonly string[]
  run(context: Context<Options>): Promise<void> | void
}

/** Let the options of a command type the values that it gets. */
export function defineCommand<const Options extends OptionSpecs>(
  command: Command<Options>,
): Command<Options> {
  return command
}

/** Thrown when the command line cannot be understood. The process exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Thrown when a signal ended the command. The process exits with 128 and the signal's number. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`)
    this.signal = signal
  }
}

export const jsonOption = {
  json: { type: 'boolean', description: 'print JSON' },
} as const satisfies OptionSpecs
