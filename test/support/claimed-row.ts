import type { ClaimedRow } from '../../src/protocol/claimed-row.ts'
import { jobRow } from './job-row.ts'

/** A row as a claim answers it. */
export function claimedRow(overrides: Partial<ClaimedRow> = {}): ClaimedRow {
  return {
    ...jobRow({ attempt: '1', attempted_by: '{node,uuid}' }),
    state: 'executing',
    attempted_at: '2030-01-31 09:00:01.000001',
    ...overrides,
  }
}
