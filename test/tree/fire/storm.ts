/** Kills one actor after the other, and looks each time what the tree makes of it. */
import { describe, type SupervisorRef, type TreeDescription } from '../../../supervisors/index.ts'
import { actorsOf } from '../../support/tree.ts'
import { census, differences, foretell, unsettled, type Prophecy } from './census.ts'
import { applies, MEANS, strike, type Means } from './means.ts'
import type { Load } from './load.ts'
import type { Random } from './random.ts'
import { untilRight } from './until.ts'
import type { Kill } from './verdict.ts'

/** The longest window in which restarts are counted, and a little more. */
const WINDOWS_MS = 61_000

/** Actors that are killed in the same moment, at times. No budget is smaller. */
const VOLLEY = 3

const ROLES = ['ack', 'beat', 'fetch', 'notifier', 'rescue', 'stage'] as const

interface Target {
  readonly path: string
  readonly means: Means
}

interface StormOptions {
  readonly root: SupervisorRef
  readonly random: Random
  /** Have time pass, as far as restarts are counted. */
  readonly leap: (ms: number) => void
}

export class Storm {
  readonly kills: Kill[] = []
  readonly #options: StormOptions
  /** Everybody who belongs to the tree. */
  readonly #crew: readonly string[]
  #deck: Target[] = []

  constructor(options: StormOptions) {
    this.#options = options
    this.#crew = [...actorsOf(options.root).keys()]
  }

  /** Kill one, and see exactly those start again who ought to. */
  async single(): Promise<void> {
    const { root, leap } = this.#options
    leap(WINDOWS_MS)
    const [target] = this.#draw(1)
    if (target === undefined) return
    const before = actorsOf(root)
    const prophecy = foretell(describe(root.getSnapshot()), target.path)
    this.#strike(target)
    const what = `${target.path} ${target.means}`
    await this.#settled(what, prophecy)
    const after = actorsOf(root)
    const renewed = [...after.keys()].filter((path) => after.get(path) !== before.get(path))
    const wrong = [...after.keys()].filter(
      (path) => prophecy.renewed.has(path) !== renewed.includes(path),
    )
    if (wrong.length > 0) throw new Error(`${what}, and these started again: ${renewed.join(', ')}`)
  }

  /** Kill some in one moment, of whom one may take the others along. */
  async volley(): Promise<void> {
    const { root, leap } = this.#options
    leap(WINDOWS_MS)
    const before = actorsOf(root)
    const targets = this.#draw(VOLLEY)
    const hit = targets.filter((target) => this.#strike(target))
    await this.#settled(hit.map(({ path, means }) => `${path} ${means}`).join(', '))
    const after = actorsOf(root)
    for (const { path } of hit) {
      if (before.get(path) === after.get(path)) throw new Error(`${path} did not start again`)
    }
  }

  /** End connections of ours as a server does that goes away; no promise that rejects is a crash. */
  async outage(load: Pick<Load, 'endings' | 'query'>): Promise<void> {
    const { root, random } = this.#options
    const before = census(describe(root.getSnapshot()))
    const role = random.one(ROLES)
    await load.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1`,
      [`oban-ts:${role}`],
    )
    await load.endings(2)
    const wrong = differences(census(describe(root.getSnapshot())), before)
    if (wrong.length > 0) throw new Error(`without ${role}: ${wrong.join(', ')}`)
  }

  /** Everybody dies by every means that applies before anybody does so again. */
  #draw(count: number): Target[] {
    const { root, random } = this.#options
    if (this.#deck.length < count) {
      const all = [...actorsOf(root)].flatMap(([path, actor]) =>
        MEANS.filter((means) => applies(means, actor)).map((means) => ({ path, means })),
      )
      this.#deck = [...random.shuffled(all), ...this.#deck]
    }

    return this.#deck.splice(-count)
  }

  /** Tells whether it was there to be hit. */
  #strike({ path, means }: Target): boolean {
    const actor = actorsOf(this.#options.root).get(path)
    if (actor?.getSnapshot().status !== 'active') return false
    this.kills.push({ path, atMs: Date.now() })
    strike(actor, means)

    return true
  }

  /** Everybody is up, and was restarted as often as foretold; names lead to whom they should. */
  async #settled(what: string, prophecy?: Prophecy): Promise<void> {
    const { root } = this.#options
    await untilRight(root, what, () => {
      const tree = describe(root.getSnapshot())
      const present = actorsOf(root)

      return [
        ...unsettled(tree),
        // A queue whose first start was struck is gone until the midwife tries again.
        ...this.#crew.filter((path) => !present.has(path)).map((path) => `${path} is missing`),
        ...(prophecy ? differences(census(tree), prophecy.census) : []),
        ...lostNames(root, tree),
      ]
    })
  }
}

/** Names that do not lead to the actor that is there. */
function lostNames(root: SupervisorRef, tree: TreeDescription): string[] {
  const actors = actorsOf(root)
  const visit = ({ children }: TreeDescription, path: string): string[] =>
    children.flatMap(({ id, name, tree: below }) => {
      const here = `${path}${id}`
      const isLost = name !== undefined && root.system.get(name) !== actors.get(here)

      return [
        ...(isLost ? [`${name} is not the name of ${here}`] : []),
        ...(below ? visit(below, `${here}/`) : []),
      ]
    })

  return visit(tree, '')
}
