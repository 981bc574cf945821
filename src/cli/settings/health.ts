/** Where `oban start` answers an orchestrator. */
import { withParts } from '../../config/check.ts'
import { found } from '../../config/input.ts'
import type { Problem } from '../../errors.ts'
import type { Sourced } from './sourced.ts'

export interface HealthAddress {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
}

const HIGHEST_PORT = 65_535

/** Nothing to answer on without a port, whatever is said of the host. */
export function readHealth(
  port: Sourced | undefined,
  host: Sourced | undefined,
): HealthAddress | Problem | undefined {
  if (port === undefined) return undefined
  const number = Number(port.text)
  if (/^\d{1,5}$/.test(port.text) && number <= HIGHEST_PORT) {
    return { port: number, host: host?.text ?? '0.0.0.0' }
  }
  const message = `expected a port from 0 to ${HIGHEST_PORT}, found ${found(port.text)}`

  return withParts({ path: 'health-port', message, source: port.source })
}
