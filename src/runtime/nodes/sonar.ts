/** What the sonar does to the world, and what comes of it. */
import type { SonarInput } from '../../actors/sonar.ts'
import { jitter } from '../../backoff.ts'
import { emit } from '../../telemetry/channels.ts'
import { isLeading } from './lead.ts'
import { publish } from './publish.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'
import { settleMode } from './stager-mode.ts'

export function sonarInput(runtime: Runtime): SonarInput {
  const { clock, config, faults, origin, reach } = runtime
  const { node } = config

  return {
    node,
    monotonicMs: clock.monotonicMs,
    jitter: (ms) => jitter(ms),
    // Nothing else: Oban for Elixir takes a `time` for its own monotonic clock.
    ping: () => publish(runtime, 'sonar', [{ node, ping: true }]),
    onSwitch: (connectivity) => {
      if (connectivity !== 'isolated') faults.clear('notifier')
      else if (!faults.get('notifier')) faults.note('notifier', new Error(UNHEARD))
      if (reach.hear(connectivity)) emit('notifier.switch', { ...origin, status: connectivity })
      settleMode(runtime, isLeading(runtime))
    },
    onFailed: (error) => {
      reportFailure(origin, 'sonar', error)
    },
  }
}

const UNHEARD = 'what this node sends does not come back to it'
