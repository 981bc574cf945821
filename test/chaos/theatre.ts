/** A database whose history is recorded, nodes that work on it, and the story of what they did. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'
import { Oban, type Job, type NewJobRequest } from '../../src/index.ts'
import { feed, roomFor, transactions, type Feeder } from './feeder.ts'
import { readChanges, readDeaths, readTerms, recordHistory } from './history.ts'
import { lifeOf } from './life.ts'
import { readLedger, runsOf, type LedgerLine, type Run } from './ledger.ts'
import { NodeProcess, type NodeOptions } from './node-process.ts'
import { Proxy } from './proxy.ts'
import { loginOf, prepareLogins, sessionsAt, type Held, type Moment } from './sessions.ts'
import type { Fault, Story } from './story.ts'

interface LaunchOptions extends Pick<NodeOptions, 'bootMs' | 'crons'> {
  /** Between it and the database. Default: nothing */
  readonly proxy?: Proxy
  /** Under whose name it has its sessions, of those of `logins`. Default: that of the URL */
  readonly login?: string
}

export class Theatre {
  readonly url: string
  readonly pool: Pool
  /** Enqueues, and runs nothing. */
  readonly client: Oban
  readonly #ledger = mkdtempSync(join(tmpdir(), 'oban-chaos-'))
  readonly #nodes: NodeProcess[] = []
  readonly #proxies: Proxy[] = []
  readonly #feeders: Feeder[] = []
  readonly #faults: Fault[] = []
  readonly #sessions: Held[] = []
  readonly #broken = new AbortController()
  #logins: readonly string[] = []

  private constructor(url: string) {
    this.url = url
    this.pool = new Pool({ connectionString: url, max: 4 })
    // The server goes away on purpose; the next query of the test says if it should be there.
    this.pool.on('error', () => {})
    this.client = new Oban({ database: url, name: this.#ledger, logger: false })
  }

  /** On a database that has the Oban schema. */
  static async open(url: string): Promise<Theatre> {
    const theatre = new Theatre(url)
    await recordHistory(theatre.query)

    return theatre
  }

  readonly query = async <Row extends object>(text: string): Promise<Row[]> =>
    (await this.pool.query(text)).rows

  async proxy(): Promise<Proxy> {
    const proxy = await Proxy.start(this.url)
    this.#proxies.push(proxy)

    return proxy
  }

  /** Start a node, which is not ready yet. */
  launch(
    node: string,
    queues: NodeOptions['queues'],
    { proxy, login, ...rest }: LaunchOptions = {},
  ): NodeProcess {
    const direct = login === undefined ? this.url : loginOf(this.url, login)
    const url = proxy?.through(direct) ?? direct
    const process = new NodeProcess({ node, url, queues, ledger: this.#ledger, ...rest })
    this.#nodes.push(process)

    return process
  }

  /** Start a node; resolves when it is ready. */
  async start(...described: Parameters<Theatre['launch']>): Promise<NodeProcess> {
    const process = this.launch(...described)
    await process.ready()

    return process
  }

  /** Every process that was started, whatever became of it. */
  get nodes(): readonly NodeProcess[] {
    return this.#nodes
  }

  /** Enqueue without end, until it is stopped or the theatre closes. */
  feed(everyMs: number, next: () => NewJobRequest[]): Feeder {
    return this.#feed(everyMs, async () =>
      this.client.enqueueMany(await roomFor(next(), this.query)),
    )
  }

  /** The same in transactions of the caller's, of which every second is rolled back. */
  feedTransactions(everyMs: number, next: () => NewJobRequest[]): Feeder {
    return this.#feed(
      everyMs,
      transactions(this.pool, this.client, () => roomFor(next(), this.query)),
    )
  }

  #feed(everyMs: number, enqueue: () => Promise<readonly Job[]>): Feeder {
    const onBroken = (error: Error) => {
      this.#broken.abort(error)
    }
    const feeder = feed(enqueue, { everyMs, onBroken })
    this.#feeders.push(feeder)

    return feeder
  }

  /** Aborts when a feeder breaks off: what is judged later would be judged without jobs. */
  get broken(): AbortSignal {
    return this.#broken.signal
  }

  /** Make names for nodes to log in under, which `countSessions` knows. */
  async logins(names: readonly string[]): Promise<void> {
    await prepareLogins(this, names, this.url)
    this.#logins = names
  }

  /** Count what nodes hold on the server, for the story. */
  async countSessions(moment: Moment): Promise<void> {
    this.#sessions.push(...(await sessionsAt(moment, this, this.#logins)))
  }

  /** Note that a fault is over, as of now. Where no more is said, it was over as it began. */
  note(what: string, { beganAtMs, node }: { beganAtMs?: number; node?: string } = {}): void {
    const overAtMs = Date.now()
    const hit = node === undefined ? {} : { node }
    this.#faults.push({ what, beganAtMs: beganAtMs ?? overAtMs, overAtMs, ...hit })
  }

  /** What the bodies have written so far. */
  lines(): LedgerLine[] {
    return readLedger(this.#ledger)
  }

  runs(): Run[] {
    return runsOf(this.lines())
  }

  async story(): Promise<Story> {
    // First: what is confirmed while the rest is being read may not be in it.
    const confirmed = this.#feeders.flatMap((feeder) => feeder.confirmed)

    return {
      changes: await readChanges(this.query),
      deaths: await readDeaths(this.query),
      terms: await readTerms(this.query),
      runs: this.runs(),
      lives: this.#nodes.map(lifeOf),
      faults: this.#faults,
      sessions: this.#sessions,
      confirmed,
    }
  }

  /** What the nodes told, line by line. */
  log(): string {
    const events = this.#nodes.flatMap(({ events: told }) => told)

    return (
      events
        // The timelines say when bodies started, and there are many.
        .filter(({ event }) => event !== 'job.start')
        .toSorted((a, b) => a.atMs - b.atMs)
        .map(({ atMs, ...event }) => `${new Date(atMs).toISOString()} ${JSON.stringify(event)}`)
        .join('\n')
    )
  }

  /** @throws what ended a feeder before its time; everything is closed even so */
  async close(): Promise<void> {
    try {
      await Promise.all(this.#feeders.map((feeder) => feeder.stop()))
    } finally {
      await this.#end()
    }
  }

  async #end(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill()))
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()))
    await this.client.stop()
    await this.pool.end()
    rmSync(this.#ledger, { recursive: true })
  }
}
