/** From the end of a run to its acknowledgement in the database. */
import type { AckerInput } from '../actors/acker.ts'
import { deliver, type Delivery } from '../engine/deliver.ts'
import { instrumentOf } from '../instruments.ts'
import { endStates } from '../job.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Parcel } from '../protocol/outbox.ts'
import { emit, listening } from '../telemetry/channels.ts'
import { spanOf } from '../telemetry/span.ts'
import type { AckFields } from '../telemetry/spans.ts'
import { tellEnded } from './nodes/endings.ts'
import { reportEnd, reportFailure, reportOvertaken } from './report.ts'
import type { Runtime } from './runtime.ts'

/** How long a producer passes over the jobs of a worker that is unknown here. */
const LEFT_OUT_MS = 60_000

/** Acknowledgements in one go; more wait for the next. */
const MOST = 1_000

const flushSpan = spanOf('acker.flush')

/** Take in runs that ended: free their slots, and have them acknowledged. */
export function settle(runtime: Runtime, items: readonly Settled[]): void {
  if (items.length === 0) return
  const { outbox, tell, clock, origin } = runtime
  const instrument = instrumentOf(origin.instance)
  if (instrument) {
    for (const settled of items) {
      const isNew = settled.run.phase !== 'settled'
      if (isNew && !settled.isFollowed) instrument.missed(origin.instance, settled)
    }
  }
  outbox.add(items)
  for (const { run, outcome } of items) {
    if (outcome.kind !== 'unknown') continue
    const { worker, queue } = run.job
    if (run.tenure.leaveOut(worker, clock.monotonicMs() + LEFT_OUT_MS)) {
      emit('worker.unknown', { ...origin, worker, queue })
    }
  }
  // Claims first: jobs wait for theirs, and nothing for the acknowledgements.
  for (const queue of new Set(items.map(({ run }) => run.tenure.queue))) {
    tell(`queue/${queue}/producer`, { type: 'jobs.settled' })
  }
  tell('acker', { type: 'acks.waiting' })
}

export function ackerInput(runtime: Runtime): AckerInput {
  const { outbox, origin } = runtime

  return {
    flush: () => flush(runtime),
    countWaiting: () => outbox.size,
    hasWaiting: () => outbox.hasWaiting,
    hasRefused: () => outbox.hasRefused,
    onFailed: (error) => {
      reportFailure(origin, 'acker', error)
    },
  }
}

/** Deliver the oldest acknowledgements that wait. */
async function flush(runtime: Runtime): Promise<void> {
  const { outbox, clock, origin } = runtime
  const parcels = outbox.peek(MOST)
  if (parcels.length === 0) return
  const isTold = listening('acker.flush')
  const startedAtMs = isTold ? clock.monotonicMs() : 0
  await (flushSpan.isHeard ? tracedSend(runtime, parcels) : send(runtime, parcels))
  if (!isTold) return
  const durationMs = clock.monotonicMs() - startedAtMs
  emit('acker.flush', { ...origin, count: parcels.length, durationMs })
}

function send(
  runtime: Runtime,
  parcels: readonly Parcel[],
  onLanded: (landed: Delivery['landed']) => void = () => {},
): Promise<void> {
  return deliver(runtime.connections.ack, parcels, (delivery) => {
    onLanded(delivery.landed)
    take(runtime, delivery)
  })
}

/** Tells what each job was stored as. */
function tracedSend(runtime: Runtime, parcels: readonly Parcel[]): Promise<void> {
  const jobs: AckFields[] = []

  return flushSpan.around(
    { ...runtime.origin, count: parcels.length },
    () =>
      send(runtime, parcels, (landed) => {
        for (const { ack, settled } of landed) {
          const { worker, queue } = settled.run.job
          const attempt = Number(settled.run.job.attempt)
          jobs.push({ id: Number(ack.id), worker, queue, attempt, state: ack.state })
        }
      }),
    () => ({ jobs }),
  )
}

/** The ids of jobs that have no attempt before them any more. */
function endedIn(landed: Delivery['landed'], overtaken: Delivery['overtaken']): string[] {
  const ended = landed.filter(({ ack }) => endStates.includes(ack.state))

  return [...ended, ...overtaken.map(({ parcel }) => parcel)].map(({ ack }) => ack.id)
}

function take(runtime: Runtime, { landed, overtaken, dropped, refused }: Delivery): void {
  const { outbox, origin } = runtime
  const tenures = new Set(
    [...landed, ...dropped, ...overtaken.map(({ parcel }) => parcel)].map(
      ({ settled }) => settled.run.tenure,
    ),
  )
  const starved = [...tenures].filter((tenure) => tenure.starved)
  for (const parcel of landed) {
    if (outbox.remove(parcel)) reportEnd(origin, parcel.settled)
  }
  if (runtime.awaited.size > 0) tellEnded(runtime, endedIn(landed, overtaken))
  for (const { parcel, state } of overtaken) {
    if (outbox.remove(parcel)) reportOvertaken(origin, parcel.settled, state)
  }
  for (const parcel of dropped) {
    if (!outbox.remove(parcel) || !listening('ack.lost')) continue
    const { job } = parcel.settled.run
    const fields = { id: Number(job.id), queue: job.queue, attempt: Number(job.attempt) }
    emit('ack.lost', { ...origin, ...fields })
  }
  for (const { parcel, error } of refused) {
    outbox.refuse(parcel, error.code ?? '')
    reportFailure(origin, 'acker', error)
  }
  // What is given back is due, and nobody else tells of it. A look at it would come within a second.
  const dueAgain = landed.filter(({ ack }) => ack.state === 'available')
  for (const queue of new Set(dueAgain.map(({ settled }) => settled.run.job.queue))) {
    runtime.tell(`queue/${queue}/producer`, { type: 'jobs.available' })
  }
  // Producers that stopped claiming because too much was unacknowledged may go on.
  for (const { queue } of starved) runtime.tell(`queue/${queue}/producer`, { type: 'acks.landed' })
  // Of a queue that is gone nobody asks again.
  if ([...tenures].some(({ isSpent }) => isSpent)) runtime.tell('refresher', { type: 'beat.now' })
}
