import { Logger, Module, type OnApplicationShutdown } from '@nestjs/common'
import { Pool } from 'pg'

function createPool(): Pool {
  const logger = new Logger('Pool')
  const connectionString = process.env['DATABASE_URL'] ?? 'postgres://localhost/app'
  const pool = new Pool({ connectionString })
  // Without listeners a connection that is lost would end the process: one that is idle, or in use, where the
  // statement tells.
  pool.on('error', (error) => logger.error(error))
  pool.on('connect', (client) => client.on('error', () => {}))

  return pool
}

@Module({ providers: [{ provide: Pool, useFactory: createPool }], exports: [Pool] })
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly pool: Pool) {}

  // Not in onModuleDestroy: requests are answered, and jobs may finish, after that.
  async onApplicationShutdown(): Promise<void> {
    await this.pool.end()
  }
}
