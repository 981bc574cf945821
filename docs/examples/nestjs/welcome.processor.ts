import type { JobTools, OutputOf, RunningJob } from 'oban-ts'
import { Processor } from 'oban-ts/nestjs'
import { Pool } from 'pg'
import { Welcome } from './jobs.ts'
import { Mailer } from './mailer.ts'

/** A provider like others: it is found by its decorator, and gets what it depends on. */
@Processor(Welcome)
export class WelcomeProcessor {
  constructor(
    private readonly mailer: Mailer,
    private readonly pool: Pool,
  ) {}

  async process(
    { args }: RunningJob<OutputOf<typeof Welcome>>,
    { signal }: JobTools<unknown>,
  ): Promise<void> {
    await this.mailer.send(args.email, signal)
    await this.pool.query('UPDATE accounts SET welcomed = true WHERE id = $1', [args.account])
  }
}
