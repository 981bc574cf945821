/** A TCP proxy before the database that can go silent, as a firewall does that forgot a connection. */
import { createConnection, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Proxy {
  /** The database through the proxy. */
  readonly url: string
  /** From now on nothing passes in either direction, and nobody is told. */
  readonly swallow: () => void
  /** Connections from now on pass again; those of before stay silent. */
  readonly heal: () => void
  /** Connections that are open on our side. */
  readonly open: () => number
  /** Resolves when so many are open. */
  readonly opened: (count: number) => Promise<void>
  /** Resolves when none is open any more. */
  readonly emptied: () => Promise<void>
}

export interface ProxyOptions {
  /** Nothing of connections under this application name passes, from their first word on. */
  readonly deafTo?: string
}

export async function startProxy(
  databaseUrl: string,
  { deafTo }: ProxyOptions = {},
): Promise<Proxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let isSilent = false
  const server = createServer((near) => {
    const far = createConnection(Number(target.port), target.hostname)
    let isDeaf = isSilent
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => {
        isDeaf ||= isSilent || (deafTo !== undefined && data.includes(`${deafTo}\0`))
        if (!isDeaf) to.write(data)
      })
      from.on('close', () => to.destroy())
      // Its close follows.
      from.on('error', () => undefined)
    }
    sockets.add(near)
    server.emit('proxy.changed')
    near.on('close', () => {
      sockets.delete(near)
      server.emit('proxy.changed')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const untilOpen = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (sockets.size === count) resolve()
      }
      server.on('proxy.changed', look)
      look()
    })
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(address.port)

  return {
    url: url.href,
    swallow: () => {
      isSilent = true
    },
    heal: () => {
      isSilent = false
    },
    open: () => sockets.size,
    opened: untilOpen,
    emptied: () => untilOpen(0),
  }
}
