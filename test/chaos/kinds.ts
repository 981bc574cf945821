/** What becomes of a job of each worker, whatever is broken around it: the other half of `workers.js`. */
import type { JobState } from '../../src/job.ts'

/** How a job ends that nobody had to rescue. */
export interface Ending {
  readonly state: JobState
  readonly attempts: number
  readonly errors: number
  /** What each of its errors says. Default: anything */
  readonly because?: RegExp
  readonly snoozes: number
  readonly isRecorded: boolean
}

function ends(ending: Partial<Ending> = {}): Ending {
  return {
    state: 'completed',
    attempts: 1,
    errors: 0,
    snoozes: 0,
    isRecorded: false,
    ...ending,
  }
}

/** It fails once, for what it did, and has learned from that. */
function pays(because: RegExp): Ending {
  return ends({ attempts: 2, errors: 1, because })
}

const CRASHED = /JobCrashError/

const TIMED_OUT = /JobTimeoutError/

/** By the name of the worker. */
export const KINDS: Readonly<Record<string, Ending>> = {
  'Chaos.Plain': ends(),
  'Chaos.Long': ends(),
  'Chaos.Fails': ends({ attempts: 3, errors: 2, because: /not yet/ }),
  'Chaos.Snoozes': ends({ snoozes: 1 }),
  'Chaos.Records': ends({ isRecorded: true }),
  'Chaos.Cancels': ends({ state: 'cancelled', errors: 1, because: /not needed/ }),
  // Its only attempt ends with itself, or with its node.
  'Chaos.Discards': ends({ state: 'discarded', errors: 1, because: /never|orphan/i }),
  'Chaos.Exits': pays(CRASHED),
  'Chaos.Throws': pays(CRASHED),
  'Chaos.Rejects': pays(CRASHED),
  'Chaos.Spins': pays(TIMED_OUT),
  'Chaos.Sleeps': pays(TIMED_OUT),
  'Chaos.NeverSettles': pays(TIMED_OUT),
  'Chaos.IgnoresSignal': pays(TIMED_OUT),
  'Chaos.EatsHeap': pays(CRASHED),
  'Chaos.EatsBuffers': pays(CRASHED),
  // Its thread says nothing, and may be ended for the memory of another: at no cost.
  'Chaos.Computes': ends(),
  'Chaos.PostsGarbage': ends(),
  'Chaos.Prints': ends(),
}
