import { createApp } from './app.ts'

const app = await createApp()
// The runtime has given up, which a restart of the process may cure.
app.oban.closed.catch((error: unknown) => {
  app.log.fatal(error)
  process.exit(1)
})
await app.listen({ host: '0.0.0.0', port: Number(process.env['PORT'] ?? 3000) })

let closing: PromiseLike<void> | undefined

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    app.log.info('stopping')
    closing ??= app.close()
  })
}
