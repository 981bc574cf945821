/** What Oban Web is told of a node, and when. */
import { databaseTime } from '../../engine/counts.ts'
import type { Mail } from '../../engine/outlet.ts'
import { checkOf, halveCheck, type Check } from '../../metrics/check.ts'
import { DatabaseTime } from '../../metrics/database-time.ts'
import { lessenCrontab, shownCrontab } from '../../metrics/shown-crontab.ts'
import { Tally, type Metric } from '../../metrics/tally.ts'
import { pack } from '../../notifier/pack.ts'
import { isLeading } from '../nodes/lead.ts'
import { checkQueue } from '../queues/queue-state.ts'
import type { Runtime } from '../runtime.ts'

/** Oban Web forgets a crontab that it has not seen for a minute. */
const CRONTAB_MS = 15_000

/** Counts are sent with each message, though they may take longer: so old they may get. */
const COUNTS_MS = 30_000

export class MetricsPublisher {
  readonly tally = new Tally()
  readonly #runtime: Runtime
  readonly #time = new DatabaseTime()
  /** Since when queues of this node drain, by the uuid of their producer. */
  #draining: ReadonlyMap<string, Date> = new Map()
  #counts: { readonly counted: readonly Metric[]; readonly atMs: number } | undefined
  /** The second of the last message with counts: two of one second would be added up. */
  #countedAt = 0
  #crontabAtMs = Number.NEGATIVE_INFINITY

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  takeCounts(counted: readonly Metric[]): void {
    this.#counts = { counted, atMs: this.#runtime.clock.monotonicMs() }
  }

  async publish(): Promise<void> {
    // What was announced while nobody listened would come in a heap, all of it too old to be shown.
    if (this.#isAway()) return
    this.#noteDraining()
    const checks = this.#checks((uuid) => this.#draining.get(uuid))
    const metrics = this.tally.take()
    const counts = this.#currentCounts()
    if (metrics.length + counts.length > 0) metrics.push(...(await this.#withTime(counts)))
    await this.#send([this.#gossip(checks), this.#metrics(metrics), ...this.#crontab()])
  }

  /** The queues go on draining when this has ended, so they are said to end now. */
  async farewell(): Promise<void> {
    if (this.#isAway()) return
    const now = this.#runtime.clock.now()
    await this.#send([this.#gossip(this.#checks(() => now))])
  }

  #isAway(): boolean {
    const { faults, outlet } = this.#runtime
    // Without notifications there is nobody to see it.
    if (outlet.exchange !== undefined) return true

    return faults.get('database') !== undefined || faults.get('notifier') !== undefined
  }

  #noteDraining(): void {
    const { clock, queues, whereis } = this.#runtime
    const before = this.#draining
    const draining = new Map<string, Date>()
    for (const queue of queues.keys()) {
      const producer = whereis(`queue/${queue}/producer`)?.getSnapshot()
      if (producer === undefined) continue
      if (!producer.matches('draining') && !producer.matches('drained')) continue
      const { uuid } = producer.context.public
      draining.set(uuid, before.get(uuid) ?? clock.now())
    }
    this.#draining = draining
  }

  #checks(drainingSince: (uuid: string) => Date | undefined): Check[] {
    const { clock, config, queues } = this.#runtime
    const now = clock.now()

    return [...queues.keys()].flatMap((queue) => {
      const state = checkQueue(this.#runtime, queue)
      if (state === undefined) return []

      return [checkOf(config.name, state, now, drainingSince(state.uuid))]
    })
  }

  /** What was counted last, while this node may speak for all. */
  #currentCounts(): readonly Metric[] {
    const { clock } = this.#runtime
    if (this.#counts === undefined || !isLeading(this.#runtime)) return []
    const isOld = clock.monotonicMs() - this.#counts.atMs > COUNTS_MS

    return isOld ? [] : this.#counts.counted
  }

  /** Look at the database's clock when that was long ago; the counts, unless this second had some. */
  async #withTime(counts: readonly Metric[]): Promise<readonly Metric[]> {
    const { clock, connections } = this.#runtime
    const askedAtMs = clock.monotonicMs()
    if (this.#time.at(askedAtMs) === undefined) {
      const [row] = await databaseTime(connections.stage)
      this.#time.note(Number(row?.seconds), (askedAtMs + clock.monotonicMs()) / 2)
    }
    const second = this.#time.at(clock.monotonicMs()) ?? 0
    if (counts.length === 0 || second <= this.#countedAt) return []
    this.#countedAt = second

    return counts
  }

  #gossip(checks: readonly Check[]): Mail {
    return { channel: 'gossip', payloads: pack(checks, (some) => ({ checks: some }), halveCheck) }
  }

  #metrics(metrics: readonly Metric[]): Mail {
    const { clock, config } = this.#runtime
    const { name, node } = config
    const time = this.#time.at(clock.monotonicMs())

    return {
      channel: 'metrics',
      payloads: pack(metrics, (some) => ({ metrics: some, name, node, time })),
    }
  }

  #crontab(): Mail[] {
    const { clock, config, crontab } = this.#runtime
    const nowMs = clock.monotonicMs()
    if (crontab.entries.length === 0 || nowMs - this.#crontabAtMs < CRONTAB_MS) return []
    this.#crontabAtMs = nowMs
    const { name, node } = config
    const payloads = pack(
      [shownCrontab(crontab.entries)],
      ([entries]) => ({ crontab: entries, name, node }),
      lessenCrontab,
    )

    return [{ channel: 'cronitor', payloads }]
  }

  /** One statement for all, on a connection that staging can do without for a millisecond. */
  async #send(mails: readonly Mail[]): Promise<void> {
    const { connections, outlet } = this.#runtime
    await outlet.sendAll(connections.stage, mails)
  }
}
