/** Gives the files more threads once half of them are digested, as an operator might. */
import type { Oban } from '../../oban.ts'
import { attach } from '../../telemetry/channels.ts'
import type { Standings } from './follow.ts'
import { Digest } from './workers/digest.ts'
import { Scan } from './workers/scan.ts'

const QUEUE = 'files'
const THREADS = { from: 2, to: 4 } as const

/** How the queue was scaled, and what came of it. */
export interface Scaled {
  readonly queue: string
  readonly from: number
  readonly to: number
  /** Files that were digested by then, of how many. */
  readonly ended: number
  readonly total: number
  /** Jobs that have ended on each thread there is. */
  readonly jobs: readonly number[]
}

export interface ScalerOptions {
  readonly oban: Pick<Oban, 'checkQueue' | 'scaleQueue'>
  readonly run: string
  readonly onScaled: (scaled: Omit<Scaled, 'jobs'>) => void
}

export class Scaler {
  readonly #options: ScalerOptions
  /** Between two looks at the database many may end. */
  #heard = 0
  #looked = 0
  /** Known when the scan has ended. */
  #total: number | undefined
  #scaled: Omit<Scaled, 'jobs'> | undefined
  #failure: { readonly error: unknown } | undefined
  #scaling: Promise<void> | undefined
  readonly dispose: () => void

  constructor(options: ScalerOptions) {
    this.#options = options
    this.dispose = attach(['job.stop', 'job.exception'], ({ worker, tags, state }) => {
      const hasEnded = worker === Digest.name && tags.includes(options.run) && state !== 'failure'
      if (!hasEnded) return
      this.#heard += 1
      this.#scaleIfTime()
    })
  }

  /** See how the jobs stand in the database. */
  look({ byWorker }: Standings): void {
    const scan = byWorker.get(Scan.name)
    const { ended, total } = byWorker.get(Digest.name) ?? { ended: 0, total: 0 }
    if (scan === undefined || scan.ended < scan.total || total === 0) return
    this.#total = total
    this.#looked = ended
    this.#scaleIfTime()
  }

  /**
   * What came of it; undefined when there was no file.
   *
   * @throws what `scaleQueue` rejected with
   */
  async scaled(): Promise<Scaled | undefined> {
    await this.#scaling
    if (this.#failure) throw this.#failure.error
    const threads = this.#options.oban.checkQueue(QUEUE)?.threads ?? []

    return this.#scaled && { ...this.#scaled, jobs: threads.map(({ jobs }) => jobs) }
  }

  #scaleIfTime(): void {
    const ended = Math.max(this.#heard, this.#looked)
    if (this.#total === undefined || 2 * ended < this.#total) return
    this.#scaling ??= this.#scale({ queue: QUEUE, ...THREADS, ended, total: this.#total })
  }

  async #scale(scaled: Omit<Scaled, 'jobs'>): Promise<void> {
    try {
      await this.#options.oban.scaleQueue(QUEUE, { threads: THREADS.to })
      this.#scaled = scaled
      this.#options.onScaled(scaled)
    } catch (error) {
      // Told when somebody asks; nobody does when the run is interrupted.
      this.#failure = { error }
    }
  }
}

/** Which queue got what, and how far the files were: `files from 2 to 4 threads at 52 %`. */
export function scaledWords({ queue, from, to, ended, total }: Omit<Scaled, 'jobs'>): string {
  return `${queue} from ${from} to ${to} threads at ${Math.round((100 * ended) / total)} %`
}
