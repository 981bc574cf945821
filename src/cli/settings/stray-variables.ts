/**
 * Variables that are called like ours and are none. A slip is told, as an unknown key of the file is; but
 * not refused: Oban for Elixir and Python, and the workers themselves, may have variables of their own.
 */
import { nearest } from '../../suggestion.ts'
import { oneLine } from '../../telemetry/words.ts'
import type { OptionSpecs } from '../command.ts'
import { healthOptions, settingOptions } from './options.ts'

const specs: OptionSpecs = { ...settingOptions, ...healthOptions }

const known = new Set(Object.values(specs).flatMap(({ variable }) => variable ?? []))

/** One line for each that nobody here reads; one that is set to nothing is not set. */
export function strayVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('OBAN_') && env[name] !== '' && !known.has(name))
    .toSorted()
    .map((name) => {
      const meant = nearest(name, known)
      const advice = meant === undefined ? '' : ` (did you mean "${meant}"?)`

      return `the variable ${oneLine(name)} is not one of oban-ts, and is ignored${advice}`
    })
}
