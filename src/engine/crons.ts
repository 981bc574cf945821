/** Statements on periodic jobs. */
import { query } from './query.ts'

export interface CronClock {
  /** When the minute began, in milliseconds since 1970. */
  readonly minute_ms: string
  readonly passed_ms: string
}

type Register = [
  instance: string,
  names: string[],
  reboots: string[],
  aheadSeconds: number,
  now: string | null,
]

export const registerCrons = query<CronClock, Register>('register_crons')

interface WonRow {
  readonly name: string
  readonly at_ms: string
}

export const claimCrons = query<WonRow, [instance: string, runs: string]>('claim_crons')
