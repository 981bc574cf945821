/** What is wrong with options, also with those that no type would allow. */
import { parseConfig } from '../../src/config.ts'
import { ConfigError, type Problem } from '../../src/errors.ts'

/** Parse what no type would allow. */
function parseAnything(options: unknown): unknown {
  return Reflect.apply(parseConfig, undefined, [options])
}

export function problemsOf(options: unknown): readonly Problem[] {
  try {
    parseAnything(options)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }

  return []
}

export function pathsOf(options: unknown): string[] {
  return problemsOf(options).map(({ path }) => path)
}
