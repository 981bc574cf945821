/** The same application without its server: it executes jobs, with all the providers. */
import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.ts'

const context = await NestFactory.createApplicationContext(AppModule)
context.enableShutdownHooks([], { useProcessExit: true })
