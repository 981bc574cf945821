/** Checks options with a schema, and tells every problem with its path and what may have been meant. */
import type { z } from 'zod'
import { ConfigError, type Problem } from '../errors.ts'
import { nearest } from '../suggestion.ts'
import { copyOptions, writePath } from './input.ts'
import { knownWords } from './values.ts'

/**
 * What a schema makes of options.
 *
 * @throws {ConfigError} with every problem of the options, not only the first
 */
export function check<Value>(schema: z.ZodType<Value>, options: unknown): Value {
  const unreadable: Problem[] = []
  const parsed = schema.safeParse(copyOptions(options, unreadable), { reportInput: true })
  const problems = [...unreadable, ...(parsed.error?.issues.map(toProblem) ?? [])]
  if (!parsed.success || problems.length > 0) throw new ConfigError(onePerPath(problems))

  return parsed.data
}

function toProblem({ path, message, ...issue }: z.core.$ZodIssue): Problem {
  const { keys = [], words = [] } = issue.code === 'custom' ? knownWords(issue.params) : {}
  const suggestion =
    nearest(String(path.at(-1)), keys) ??
    (typeof issue.input === 'string' ? nearest(issue.input, words) : undefined)

  return withParts({
    path: writePath(path),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

/** The same problem with its parts apart: a message that has both says "expected …, found …". */
export function withParts(problem: Problem): Problem {
  const [, expected, found] = /^expected (.+?), found (.+)$/s.exec(problem.message) ?? []

  return expected === undefined || found === undefined ? problem : { ...problem, expected, found }
}

/** What could not be read is missing from the copy, which the schema may deplore once more. */
function onePerPath(problems: readonly Problem[]): Problem[] {
  const first = new Map<string, Problem>()

  for (const problem of problems) {
    if (!first.has(problem.path)) first.set(problem.path, problem)
  }

  return [...first.values()]
}
