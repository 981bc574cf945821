/** What a command of `oban` is. Each has its own file, and none ends the process. */

interface OptionSpec {
  readonly type: 'boolean' | 'string'
  readonly description: string
  /** What stands for the value in the help: `--prefix <schema>`. */
  readonly value?: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** The options as they were given. A flag that was not given is undefined. */
export type OptionValues<Options extends OptionSpecs> = {
  readonly [Name in keyof Options]?: Options[Name]['type'] extends 'boolean' ? boolean : string
}

export interface Context<Options extends OptionSpecs = OptionSpecs> {
  readonly options: OptionValues<Options>
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

export const jsonOption = {
  json: { type: 'boolean', description: 'print JSON' },
} as const satisfies OptionSpecs
