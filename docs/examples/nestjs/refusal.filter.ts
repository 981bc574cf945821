import { type ArgumentsHost, Catch } from '@nestjs/common'
import { BaseExceptionFilter } from '@nestjs/core'
import type { Response } from 'express'
import { refusalOf } from './refusal.ts'

/** Errors that are the caller's; the others are answered as NestJS does. */
@Catch()
export class RefusalFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    const refusal = refusalOf(error)
    const response = host.switchToHttp().getResponse<Response>()
    if (refusal) response.status(refusal.status).json(refusal.body)
    else super.catch(error, host)
  }
}
