import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.ts'

const app = await NestFactory.create(AppModule)
// Without the hooks a SIGTERM ends the process at once, in the middle of its jobs.
app.enableShutdownHooks([], { useProcessExit: true })
await app.listen(Number(process.env['PORT'] ?? 3000))
console.log('listening', app.getHttpServer().address())
