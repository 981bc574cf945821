/**
 * What `start()` makes in the testing modes `inline` and `manual`: an instance without a tree, which
 * answers the questions of an application as one without queues would.
 */
import type { TreeDescription } from '../../supervisors/description.ts'
import type { Config } from '../config.ts'
import { checkCommand } from '../config/command.ts'
import type { CronListing } from '../cron/crontab.ts'
import type { Health } from '../health.ts'
import type { RunningQueues } from '../running-queues.ts'

/** No queue, whatever is asked of it. A command that could not be sent is refused all the same. */
const queues: RunningQueues = {
  checkQueue: () => undefined,
  checkAllQueues: () => [],
  control: (command) => {
    checkCommand(command)

    return Promise.resolve()
  },
}

export class IdleInstance {
  readonly isLeader = false
  readonly queues = queues
  readonly #config: Config

  constructor(config: Config) {
    this.#config = config
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  kill(): void {
    // There is nothing to end.
  }

  wake(): void {
    // What is stored waits for a drain.
  }

  listCrons(): CronListing[] {
    return []
  }

  /** Fine: what an application tells of itself is tested as it will be in production. */
  health(): Promise<Health> {
    const { name, node } = this.#config

    return Promise.resolve({
      ok: true,
      instance: name,
      node,
      database: 'up',
      notifier: 'isolated',
      leader: { isLeader: false, node: null },
      queues: [],
      problems: [],
    })
  }

  snapshot(): TreeDescription {
    return {
      status: 'active',
      phase: 'running',
      strategy: 'one_for_one',
      maxRestarts: 0,
      maxSeconds: 0,
      recentRestarts: 0,
      children: [],
    }
  }

  inspect(): () => void {
    return () => {
      // Nobody was told anything.
    }
  }
}
