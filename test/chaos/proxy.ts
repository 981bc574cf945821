/**
 * Stands between a node and PostgreSQL and does what networks do: an answer gets lost after the
 * statement did its work, a statement gets stuck on its way, a connection cannot be had.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Pipe } from './pipe.ts'
import { boundStatement, Framer, parsedStatement, startupParameters, type Frame } from './wire.ts'

/** Which statement is meant. */
export interface Target {
  /** Of the connection: `fetch` for `application_name=oban-ts:fetch`. */
  readonly role: string
  /** Part of the statement's text. */
  readonly statement: string
  /** Part of its parameters. Default: any */
  readonly parameters?: string
}

interface Trap extends Target {
  readonly kind: 'hold' | 'lose'
  /** Told once the trap has closed, with what `hold` keeps back. */
  readonly sprung: (link: Link) => void
}

/** One connection through the proxy. */
interface Link {
  readonly client: Socket
  readonly server: Socket
  readonly toClient: Pipe
  readonly toServer: Pipe
  readonly statements: Map<string, string>
  role: string
  /** What has been answered to a statement whose answer may get lost. */
  answer: Frame[] | undefined
  trap: Trap | undefined
  /** What the client sent after its statement got stuck. */
  stuck: Buffer[] | undefined
  /** Told when what was stuck has been answered. */
  onAnswered: (() => void) | undefined
  /** Nothing passes any more, in either direction, and no end is told. */
  isSilent: boolean
}

/** How long a server keeps a connection whose other end is gone. */
const HALF_OPEN_MS = 30_000

/** Matches the connections of a role, or all of them. */
type Role = string | undefined

export class Proxy {
  readonly #server: Server
  readonly #upstream: { readonly host: string; readonly port: number }
  readonly #links = new Set<Link>()
  readonly #refused = new Set<Role>()
  #traps: Trap[] = []
  #isStalled = false
  #latencyMs = 0

  private constructor(url: URL) {
    this.#upstream = { host: url.hostname, port: Number(url.port) }
    this.#server = createServer((socket) => {
      this.#accept(socket)
    })
  }

  /** Listen on a free port in front of the server of a URL. */
  static async start(url: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(url))
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')

    return proxy
  }

  /** The database's URL, through the proxy. */
  through(url: string): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    const changed = new URL(url)
    changed.hostname = '127.0.0.1'
    changed.port = String(address.port)

    return changed.href
  }

  /**
   * Lose the next answer to a statement that has rows in it, and the connection with it. Such an
   * answer says that the statement changed something, and that its change is committed.
   */
  async loseAnswer(target: Target): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#traps.push({
        ...target,
        kind: 'lose',
        sprung: (link) => {
          destroy(link)
          resolve()
        },
      })
    })
  }

  /**
   * Keep back the next such statement. Resolves when it has come, to what lets it go on; that resolves
   * when the server has answered.
   */
  async hold(target: Target): Promise<() => Promise<void>> {
    return new Promise((resolve) => {
      const sprung = (link: Link) => {
        resolve(async () => {
          const answered = new Promise<void>((done) => {
            link.onAnswered = done
          })
          for (const bytes of link.stuck ?? []) link.server.write(bytes)
          link.stuck = undefined
          await answered
          if (link.client.destroyed) destroy(link)
        })
      }
      this.#traps.push({ ...target, kind: 'hold', sprung })
    })
  }

  /** Set no more traps than have closed. */
  disarm(): void {
    this.#traps = []
  }

  /** Cut the connections of a role, or all, as they are now. */
  cut(role?: string): void {
    for (const link of this.#linksOf(role)) destroy(link)
  }

  /** Cut the connections of a role, or all, and refuse new ones until the returned function is called. */
  refuse(role?: string): () => void {
    this.#refused.add(role)
    this.cut(role)

    return () => this.#refused.delete(role)
  }

  /** Let everything take so long on its way, until the returned function is called. */
  delay(latencyMs: number): () => void {
    this.#latencyMs = latencyMs

    return () => {
      this.#latencyMs = 0
    }
  }

  /** What is open for a role goes silent, for ever; connections from now on are as they should be. */
  silence(role: string): void {
    for (const link of this.#linksOf(role)) link.isSilent = true
  }

  /**
   * Swallow everything from now on, and close nothing: a cable is cut. When the returned function is
   * called, new connections work; those of before stay silent.
   */
  stall(): () => void {
    this.#isStalled = true
    for (const link of this.#links) link.isSilent = true

    return () => {
      this.#isStalled = false
    }
  }

  #linksOf(role: Role): Link[] {
    return [...this.#links].filter((link) => role === undefined || link.role === role)
  }

  async stop(): Promise<void> {
    for (const link of this.#links) destroy(link)
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    const server = connect(this.#upstream)
    const latencyMs = () => this.#latencyMs
    const link: Link = {
      client,
      server,
      toClient: new Pipe(client, latencyMs),
      toServer: new Pipe(server, latencyMs),
      statements: new Map(),
      role: '',
      answer: undefined,
      trap: undefined,
      stuck: undefined,
      onAnswered: undefined,
      isSilent: this.#isStalled,
    }
    this.#links.add(link)
    const requests = new Framer(true)
    client.on('data', (chunk) => {
      for (const frame of requests.push(chunk)) this.#request(link, frame)
    })
    const answers = new Framer(false)
    server.on('data', (chunk) => {
      for (const frame of answers.push(chunk)) this.#answer(link, frame)
    })
    for (const socket of [client, server]) {
      // Each end learns of the loss of the other by its own.
      socket.on('error', () => {
        destroy(link)
      })
      socket.on('close', () => {
        // What got stuck arrives, though nobody waits for its answer any more.
        if (socket === client && link.stuck !== undefined) return
        const forget = () => {
          destroy(link)
          this.#links.delete(link)
        }
        // Nor does the server hear of it, until its own patience ends.
        if (socket === client && link.isSilent) setTimeout(forget, HALF_OPEN_MS).unref()
        else forget()
      })
    }
  }

  #request(link: Link, frame: Frame): void {
    if (link.isSilent) return
    if (frame.type === '') {
      link.role = startupParameters(frame).get('application_name')?.replace('oban-ts:', '') ?? ''
      if (this.#refused.has(link.role) || this.#refused.has(undefined)) {
        destroy(link)

        return
      }
    } else if (frame.type === 'P') {
      const { name, text } = parsedStatement(frame)
      link.statements.set(name, text)
    } else if (frame.type === 'B') {
      this.#bind(link, frame)
    }
    if (link.stuck) link.stuck.push(frame.bytes)
    else link.toServer.write(frame.bytes)
  }

  #bind(link: Link, frame: Frame): void {
    const text = link.statements.get(boundStatement(frame)) ?? ''
    const trap = this.#traps.find(
      ({ role, statement, parameters = '' }) =>
        role === link.role && text.includes(statement) && frame.bytes.includes(parameters),
    )
    if (trap === undefined) return
    if (trap.kind === 'lose') {
      link.trap = trap
      link.answer = []
    } else {
      this.#remove(trap)
      link.stuck = []
      trap.sprung(link)
    }
  }

  #answer(link: Link, frame: Frame): void {
    if (link.isSilent) return
    if (frame.type === 'Z') link.onAnswered?.()
    const { trap, answer } = link
    if (trap === undefined || answer === undefined) {
      link.toClient.write(frame.bytes)

      return
    }
    answer.push(frame)
    // Ready for the next query: what was asked is committed.
    if (frame.type !== 'Z') return
    link.trap = undefined
    link.answer = undefined
    if (this.#traps.includes(trap) && answer.some(({ type }) => type === 'D')) {
      this.#remove(trap)
      trap.sprung(link)
    } else {
      for (const { bytes } of answer) link.toClient.write(bytes)
    }
  }

  #remove(trap: Trap): void {
    this.#traps = this.#traps.filter((other) => other !== trap)
  }
}

function destroy({ client, server }: Link): void {
  client.destroy()
  server.destroy()
}
