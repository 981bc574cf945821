/** Checks the arguments of periodic jobs where the schemas of their workers are known. */
import { InvalidArgsError, type Problem } from '../errors.ts'
import { validateArgs } from '../worker/args.ts'
import type { StandardSchema } from '../worker/standard-schema.ts'
import type { CronArgs, WorkerFact } from './protocol.ts'

/** Those that the workers of modules say themselves. */
export function ownCrons(workers: readonly WorkerFact[]): CronArgs[] {
  return workers.flatMap(({ name: worker, definition: { crons = [] } }) =>
    crons.map(({ expression, args }) => ({ worker, expression, args })),
  )
}

interface Checked {
  readonly name: string
  readonly schema?: StandardSchema | undefined
}

/** What is wrong with the arguments; those of workers that are not known here are left alone. */
export async function cronProblems(
  entries: readonly CronArgs[],
  find: (worker: string) => Checked | undefined,
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const { worker, expression, args } of entries) {
    const definition = find(worker)
    if (definition === undefined) continue
    try {
      await validateArgs(definition, args)
    } catch (error) {
      // A schema that throws would do so for each job of the entry.
      const reasons =
        error instanceof InvalidArgsError ? error.problems : [{ path: '', message: String(error) }]
      const place = `cron "${expression}" of ${worker}: args`
      problems.push(
        ...reasons.map(({ path, message }) => ({
          path: path === '' ? place : `${place}.${path}`,
          message,
        })),
      )
    }
  }

  return problems
}
