import { type BeforeApplicationShutdown, Logger, Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { ObanModule } from 'oban-ts/nestjs'
import { Pool } from 'pg'
import { AccountsModule } from './accounts.module.ts'
import { DatabaseModule } from './database.module.ts'
import { RefusalFilter } from './refusal.filter.ts'

// Providers live on the main thread, so their queues do: threads have no container.
const queues = { mail: { limit: 10, execution: 'inline' as const } }

@Module({
  imports: [
    AccountsModule,
    ObanModule.forRootAsync({
      imports: [DatabaseModule],
      inject: [Pool],
      useFactory: (pool: Pool) => ({
        database: { pool },
        // WORKERS=apart: this process enqueues only, and `npm run worker` is the one that executes.
        queues: process.env['WORKERS'] === 'apart' ? {} : queues,
      }),
    }),
  ],
  providers: [{ provide: APP_FILTER, useClass: RefusalFilter }],
})
export class AppModule implements BeforeApplicationShutdown {
  beforeApplicationShutdown(): void {
    new Logger('AppModule').log('stopping')
  }
}
