/** Tells when a node begins to hear of jobs by notifications, and when only by polling. */
import { emit } from '../../telemetry/channels.ts'
import type { Runtime } from '../runtime.ts'

/** Call it when whom this node hears has changed, or who leads. */
export function settleMode(
  { origin, reach }: Pick<Runtime, 'origin' | 'reach'>,
  isLeader: boolean,
): void {
  if (reach.settle(isLeader)) emit('stager.switch', { ...origin, mode: reach.mode })
}
