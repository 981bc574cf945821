/** Every fault by its name. */
import type { FaultKind } from './fault-kind.ts'
import { lockFaults } from './locks.ts'
import { networkFaults } from './networks.ts'
import { processFaults } from './processes.ts'
import { sabotage } from './sabotage.ts'
import { serverFaults } from './servers.ts'
import { sessionFaults } from './sessions.ts'
import { settingFaults } from './settings.ts'

export const faults: readonly FaultKind[] = [
  ...processFaults,
  ...serverFaults,
  ...sessionFaults,
  ...networkFaults,
  ...lockFaults,
  ...settingFaults,
  ...sabotage,
]

/** @throws {RangeError} when there is none of a name */
export function faultsNamed(names: readonly string[]): FaultKind[] {
  return names.map((name) => {
    const found = faults.find((fault) => fault.name === name)
    if (found) return found
    const all = faults.map((fault) => fault.name).join(', ')
    throw new RangeError(`there is no fault "${name}"; there are ${all}`)
  })
}
