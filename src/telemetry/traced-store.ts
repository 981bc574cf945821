/** Tells of jobs that are stored, changed and deleted, whoever asks for it. Never shows arguments. */
import type { JobRow } from '../job.ts'
import type { CheckedChanges } from '../job/changes.ts'
import type { CheckedFilter } from '../job/filter.ts'
import type { Store } from '../job/insertion.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import type { Origin } from './events.ts'
import { spanOf, type Span } from './span.ts'
import type { JobRequestFields, StoredJobFields } from './spans.ts'

const enqueueSpan = spanOf('jobs.enqueue')
const updateSpan = spanOf('jobs.update')
const cancelSpan = spanOf('jobs.cancel')
const retrySpan = spanOf('jobs.retry')
const deleteSpan = spanOf('jobs.delete')

function requested({ worker, queue }: NewJob): JobRequestFields {
  return { worker, queue }
}

function stored({ id, worker, queue, state, conflict }: JobRow): StoredJobFields {
  return { id: Number(id), worker, queue, state, conflict: conflict === true }
}

/** The names that a caller knows them by. */
function changedFields(changes: CheckedChanges): string[] {
  const names = Object.entries(changes).flatMap(([name, value]) => (value === null ? [] : [name]))

  return names.map((name) => OPTIONS[name] ?? name)
}

const OPTIONS: Readonly<Record<string, string>> = {
  max_attempts: 'maxAttempts',
  scheduled_at: 'scheduledAt',
  schedule_in: 'scheduleIn',
}

/** A store that does the same, and tells of it. */
export function tracedStore(store: Store, origin: Origin): Store {
  return {
    insert: (jobs, client) =>
      enqueueSpan.isHeard
        ? enqueueSpan.around(
            { ...origin, jobs: jobs.map(requested), throughClient: client !== undefined },
            () => store.insert(jobs, client),
            (rows) => ({ jobs: rows.map(stored) }),
          )
        : store.insert(jobs, client),
    find: (id, client) => store.find(id, client),
    cancel: (id, client) =>
      cancelSpan.isHeard
        ? cancelSpan.around(
            { ...origin, ids: [id], throughClient: client !== undefined },
            () => store.cancel(id, client),
            (isCancelled) => ({ count: isCancelled ? 1 : 0 }),
          )
        : store.cancel(id, client),
    change: (row, changes, client) =>
      updateSpan.isHeard
        ? updateSpan.around(
            { ...origin, id: Number(row.id), fields: changedFields(changes) },
            () => store.change(row, changes, client),
            (changed) => ({ isChanged: changed !== undefined }),
          )
        : store.change(row, changes, client),
  }
}

type Act = (filter: CheckedFilter) => Promise<number>

/** What changes many jobs at once. */
interface ManyActs {
  readonly cancel: Act
  readonly retry: Act
  readonly delete: Act
}

/** The same acts, each of which is told. */
export function tracedActs(
  jobs: ManyActs,
  origin: Origin,
  client: QueryClient | undefined,
): ManyActs {
  const throughClient = client !== undefined
  const told =
    (span: Span<'jobs.cancel' | 'jobs.delete' | 'jobs.retry'>, act: Act): Act =>
    (filter) =>
      span.isHeard
        ? span.around(
            { ...origin, ids: filter.ids, throughClient },
            () => act(filter),
            (count) => ({ count }),
          )
        : act(filter)

  return {
    cancel: told(cancelSpan, (filter) => jobs.cancel(filter)),
    retry: told(retrySpan, (filter) => jobs.retry(filter)),
    delete: told(deleteSpan, (filter) => jobs.delete(filter)),
  }
}
