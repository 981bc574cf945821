/**
 * What a whole job is when a statement answers it as a JSON object: the marker comment `job` after its id
 * stands for every other column.
 *
 * All of them are texts, as the type parsers of a caller's client are the caller's. Timestamps become texts
 * as JSON: a cast would follow the DateStyle of the caller's session.
 */
const columns = {
  state: 'state::text',
  queue: 'queue',
  worker: 'worker',
  args: 'args::text',
  meta: 'meta::text',
  tags: 'tags::text',
  errors: 'to_jsonb(errors)::text',
  attempt: 'attempt::text',
  max_attempts: 'max_attempts::text',
  priority: 'priority::text',
  attempted_by: 'attempted_by::text',
  inserted_at: 'inserted_at',
  scheduled_at: 'scheduled_at',
  attempted_at: 'attempted_at',
  completed_at: 'completed_at',
  cancelled_at: 'cancelled_at',
  discarded_at: 'discarded_at',
}

const members = Object.entries(columns)
  .map(([name, value]) => `, '${name}', ${value}`)
  .join('')

/** SQL in which the marker of a whole job is replaced by its columns. */
export function withJobMembers(sql: string): string {
  return sql.replaceAll('/*job*/', members)
}
