/** Oban as a plugin: `app.oban`, started with the server and stopped with it. */
import type { FastifyInstance } from 'fastify'
import { Oban, type ObanOptions } from 'oban-ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly oban: Oban
  }
}

async function plugin(app: FastifyInstance, options: ObanOptions): Promise<void> {
  const oban = new Oban({ logger: app.log, ...options })
  app.decorate('oban', oban)
  app.addHook('onReady', () => oban.start())
  // Runs once the requests under way have been answered.
  app.addHook('onClose', () => oban.stop())
}

/** As with `fastify-plugin`: what it decorates is there for the whole server. */
export const obanPlugin = Object.assign(plugin, { [Symbol.for('skip-override')]: true })
