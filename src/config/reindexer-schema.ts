/** The schema of the `reindexer` option. */
import { z } from 'zod'
import { parseExpression, type CronExpression } from '../cron/expression.ts'
import { readExpression } from '../cron/grammar.ts'
import { timezone } from './cron-schema.ts'
import { found, isPlain } from './input.ts'
import { bag, duration, either, text, value } from './values.ts'

export interface ReindexerConfig {
  readonly schedule: CronExpression
  readonly timezone: string
  /** Names of indexes of the jobs table. */
  readonly indexes: readonly string[]
  /** How long the rebuilding of one may take. */
  readonly timeoutMs: number
}

/** Those that grow with what jobs hold; an installation has them when it asked for them. */
export const SEARCH_INDEXES: readonly string[] = ['oban_jobs_args_index', 'oban_jobs_meta_index']

const schedule = z.unknown().transform((given, context) => {
  const reading = readExpression(given)
  if ('problem' in reading) context.addIssue(reading.problem)
  else if (reading.fields === null) context.addIssue('expected a time, found @reboot')
  else return parseExpression(String(given))

  return z.NEVER
})

const index = text('the name of an index, of 1 to 63 bytes', (given) => {
  return given !== '' && Buffer.byteLength(given) <= 63
})

const options = bag({
  schedule: schedule.prefault('@midnight'),
  timezone: timezone.prefault('UTC'),
  indexes: z
    .array(index, { error: ({ input }) => `expected an array, found ${found(input)}` })
    .default([...SEARCH_INDEXES]),
  timeout: duration(1).prefault({ seconds: 15 }),
}).transform(({ timeout: timeoutMs, ...rest }) => ({ ...rest, timeoutMs }))

export const reindexer = either<ReindexerConfig | false>((given) =>
  isPlain(given)
    ? options
    : value<boolean>((other) => typeof other === 'boolean', {
        expected: 'true, false or an object with schedule, timezone, indexes, timeout',
      }).transform((isOn) => (isOn ? options.parse({}) : false)),
)
