/** Texts of variables and options, with the names of these. */
import { healthOptions, settingOptions } from './options.ts'

const specs = { ...settingOptions, ...healthOptions }

export type SettingName = keyof typeof specs

export interface Given {
  /** Of the command line: those that the command has, and others. */
  readonly options: Readonly<Record<string, unknown>>
  readonly env: NodeJS.ProcessEnv
}

/** A text, and the name of the variable or the option that it came from. */
export interface Sourced {
  readonly text: string
  readonly source: string
}

/** What an option of the command says, else its variable: one that is set to nothing is not set. */
export function lookUp(option: SettingName, { options, env }: Given): Sourced | undefined {
  const given = options[option]
  if (typeof given === 'string') return { text: given, source: `--${option}` }

  return lookUpVariable(specs[option].variable, env)
}

export function lookUpVariable(name: string, env: NodeJS.ProcessEnv): Sourced | undefined {
  const text = env[name]

  return text === undefined || text === '' ? undefined : { text, source: name }
}
