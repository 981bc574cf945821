import {
  Body,
  Controller,
  Get,
  HttpStatus,
  NotFoundException,
  Param,
  Post,
  Res,
} from '@nestjs/common'
import type { Response } from 'express'
import { Oban } from 'oban-ts'
import { InjectOban } from 'oban-ts/nestjs'
import { AccountsService } from './accounts.service.ts'

@Controller()
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    @InjectOban() private readonly oban: Oban,
  ) {}

  @Post('accounts')
  async signUp(
    @Body() body: { readonly email?: string } | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const id = await this.accounts.signUp(body?.email ?? '')
    response.status(HttpStatus.ACCEPTED).location(`/jobs/${id}`)

    return { job: id }
  }

  @Get('jobs/:id')
  async job(@Param('id') id: string): Promise<object> {
    const job = await this.accounts.findJob(Number(id))
    if (!job) throw new NotFoundException('there is no such job')

    return { id: job.id, state: job.state, attempt: job.attempt }
  }

  @Get('health')
  async health(@Res({ passthrough: true }) response: Response): Promise<object> {
    const { ok, database, notifier } = await this.oban.health()
    response.status(ok ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)

    return { ok, database, notifier }
  }
}
