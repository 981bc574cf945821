/** The periodic jobs of an instance: those of its configuration, and those of its workers. */
import type { Config } from '../../config.ts'
import { Crontab, entryOf, type CronEntry, type CronSource } from '../../cron/crontab.ts'
import { ConfigError } from '../../errors.ts'
import { findWorker } from '../../registry.ts'
import { cronProblems } from '../../threads/cron-args.ts'
import type { WorkerFact } from '../../threads/protocol.ts'
import { definitionOf, isWorker, type WorkerDefinition } from '../../worker/definition.ts'

/**
 * @param facts - what the worker modules define; their arguments have been checked where they were loaded
 * @throws {ConfigError} when two entries have one name, or the arguments of one do not match
 */
export async function gatherCrontab(
  { cron, workers }: Pick<Config, 'cron' | 'workers'>,
  facts: readonly WorkerFact[],
): Promise<Crontab> {
  if (cron === false) return new Crontab([])
  const given = workers.definitions.filter(isWorker).map(definitionOf)
  const known = new Map<string, WorkerDefinition>()
  for (const definition of [...facts.map((fact) => fact.definition), ...given]) {
    known.set(definition.name, definition)
  }
  const sources: CronSource[] = [
    ...cron.crontab.map(({ rule, worker, definition }) => ({
      rule,
      worker,
      definition: definition ?? known.get(worker) ?? findWorker(worker),
    })),
    ...[...known.values()].flatMap((definition) =>
      (definition.crons ?? []).map((rule) => ({ rule, worker: definition.name, definition })),
    ),
  ]
  const entries = sources.map((source) => entryOf(source, cron.timezone))
  const crontab = new Crontab(entries)
  await refuseArgs(entries)

  return crontab
}

async function refuseArgs(entries: readonly CronEntry[]): Promise<void> {
  const problems = await Promise.all(
    entries.map(({ worker, expression: { text: expression }, args, definition }) =>
      cronProblems([{ worker, expression, args }], () => definition),
    ),
  )
  if (problems.flat().length > 0) throw new ConfigError(problems.flat())
}
