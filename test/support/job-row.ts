import type { JobRow } from '../../src/job.ts'

/** A row as PostgreSQL sends it for a job that was just inserted. */
export function jobRow(overrides: Partial<JobRow> = {}): JobRow {
  return {
    id: '42',
    state: 'available',
    queue: 'default',
    worker: 'Greet',
    args: '{"name": "Ada"}',
    meta: '{}',
    tags: '{}',
    errors: '[]',
    attempt: '0',
    max_attempts: '20',
    priority: '0',
    attempted_by: null,
    inserted_at: '2030-01-31 09:00:00',
    scheduled_at: '2030-01-31 09:00:00',
    attempted_at: null,
    completed_at: null,
    cancelled_at: null,
    discarded_at: null,
    ...overrides,
  }
}
