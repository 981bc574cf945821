import { Module } from '@nestjs/common'
import { AccountsController } from './accounts.controller.ts'
import { AccountsService } from './accounts.service.ts'
import { DatabaseModule } from './database.module.ts'
import { Mailer } from './mailer.ts'
import { WelcomeProcessor } from './welcome.processor.ts'

@Module({
  imports: [DatabaseModule],
  controllers: [AccountsController],
  providers: [AccountsService, Mailer, WelcomeProcessor],
})
export class AccountsModule {}
