import { Injectable } from '@nestjs/common'
import { type Job, Oban } from 'oban-ts'
import { InjectOban } from 'oban-ts/nestjs'
import { Pool } from 'pg'
import { Welcome } from './jobs.ts'

@Injectable()
export class AccountsService {
  constructor(
    private readonly pool: Pool,
    @InjectOban() private readonly oban: Oban,
  ) {}

  /** An account and its welcome mail are stored together, or neither is. Resolves to the job's id. */
  async signUp(email: string): Promise<number> {
    const client = await this.pool.connect()
    try {
      await client.query('BEGIN')
      const { rows } = await client.query<{ id: number }>(
        'INSERT INTO accounts (email) VALUES ($1) RETURNING id',
        [email],
      )
      const request = Welcome.new({ account: rows[0]?.id ?? 0, email })
      const job = await this.oban.enqueue(request, { client })
      await client.query('COMMIT')

      return job.id
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }

  /** Of this worker only: ids can be guessed, and other jobs are nobody's business here. */
  async findJob(id: number): Promise<Job<unknown> | undefined> {
    const job = await this.oban.getJob(id)

    return job?.worker === Welcome.name ? job : undefined
  }
}
