/**
 * Sends acknowledgements in as few statements as the fences allow, and finds the one that the database
 * refuses when a batch fails.
 */
import type { DatabaseError } from 'pg'
import type { JobState } from '../job.ts'
import type { Ack } from '../protocol/outcome.ts'
import type { Parcel } from '../protocol/outbox.ts'
import { completeJobs, settleJobs } from './jobs.ts'
import type { Db } from './query.ts'
import { isRefusal } from './refusal.ts'

/** What a job can have become while its run went on. */
type Ended = 'cancelled' | 'completed'

/** What became of the acknowledgements of one statement. */
export interface Delivery {
  readonly landed: readonly Parcel[]
  /** The job had ended before, as this, and stays so. */
  readonly overtaken: readonly { readonly parcel: Parcel; readonly state: Ended }[]
  /** The fence held: the job belongs to somebody else by now. */
  readonly dropped: readonly Parcel[]
  /** Refused by itself, with the SQLSTATE. */
  readonly refused: readonly { readonly parcel: Parcel; readonly error: DatabaseError }[]
}

/**
 * Deliver acknowledgements, one statement after the other; `onDelivered` hears of each at once.
 *
 * @throws {Error} when the database is away; what was delivered before stays delivered
 */
export async function deliver(
  db: Db,
  parcels: readonly Parcel[],
  onDelivered: (delivery: Delivery) => void,
): Promise<void> {
  for (const batch of batches(parcels)) {
    await deliverBatch(db, batch, onDelivered)
  }
}

type Row = { readonly id: string; readonly state: JobState }

type Send = (db: Db, parcels: readonly Parcel[]) => Promise<Delivery>

const NOTHING: Delivery = { landed: [], overtaken: [], dropped: [], refused: [] }

interface Batch {
  readonly parcels: readonly Parcel[]
  readonly send: Send
}

async function deliverBatch(
  db: Db,
  batch: Batch,
  onDelivered: (delivery: Delivery) => void,
): Promise<void> {
  const { parcels, send } = batch
  let delivery: Delivery
  try {
    delivery = await send(db, parcels)
  } catch (error) {
    if (!isRefusal(error)) throw error
    const [only, ...rest] = parcels
    if (only !== undefined && rest.length === 0) {
      onDelivered({ ...NOTHING, refused: [{ parcel: only, error }] })

      return
    }
    const half = Math.ceil(parcels.length / 2)
    await deliverBatch(db, { send, parcels: parcels.slice(0, half) }, onDelivered)
    await deliverBatch(db, { send, parcels: parcels.slice(half) }, onDelivered)

    return
  }
  onDelivered(delivery)
}

function sorted(parcels: readonly Parcel[], rows: readonly Row[]): Delivery {
  const states = new Map(rows.map(({ id, state }) => [id, state]))
  const landed: Parcel[] = []
  const overtaken: { parcel: Parcel; state: Ended }[] = []
  const dropped: Parcel[] = []
  for (const parcel of parcels) {
    const state = states.get(parcel.ack.id)
    if (state === undefined) dropped.push(parcel)
    else if (state === parcel.ack.state) landed.push(parcel)
    else if (state === 'cancelled' || state === 'completed') overtaken.push({ parcel, state })
  }

  return { ...NOTHING, landed, overtaken, dropped }
}

/** Plain completions by producer and attempt number; everything else in one wide statement. */
function batches(parcels: readonly Parcel[]): Batch[] {
  const alone: Batch[] = []
  const plain: Parcel[][] = []
  let last: Parcel[] | undefined
  const wide: Parcel[] = []
  for (const parcel of parcels) {
    const { ack } = parcel
    if (parcel.refusals > 0) {
      alone.push({ parcels: [parcel], send: sendWide })
    } else if (ack.state !== 'completed' || ack.patch !== null || ack.own) {
      wide.push(parcel)
    } else {
      // Most are of the same as the one before.
      if (!isOf(last, ack)) last = plain.find((group) => isOf(group, ack))
      if (last === undefined) {
        last = []
        plain.push(last)
      }
      last.push(parcel)
    }
  }
  const result: Batch[] = plain.map((group) => ({ parcels: group, send: sendPlain }))
  if (wide.length > 0) result.push({ parcels: wide, send: sendWide })

  return [...result, ...alone]
}

/** Whether a group's acknowledgements are of the same producer and attempt number. */
function isOf(group: readonly Parcel[] | undefined, { attempt, uuid }: Ack): boolean {
  const first = group?.[0]?.ack

  return first !== undefined && first.uuid === uuid && first.attempt === attempt
}

async function sendPlain(db: Db, parcels: readonly Parcel[]): Promise<Delivery> {
  const [first] = parcels
  if (first === undefined) return NOTHING
  const ids = parcels.map(({ ack }) => ack.id)
  const completed = await completeJobs(db, ids, first.ack.attempt, first.ack.uuid)
  if (completed.length === ids.length) return { ...NOTHING, landed: parcels }

  return sorted(
    parcels,
    completed.map(([id]) => ({ id, state: 'completed' })),
  )
}

async function sendWide(db: Db, parcels: readonly Parcel[]): Promise<Delivery> {
  // Who changes many jobs locks their rows by id: in another order each could wait for the other.
  const acks = parcels.map(({ ack }) => ack).toSorted((a, b) => Number(a.id) - Number(b.id))

  return sorted(parcels, await settleJobs(db, JSON.stringify(acks)))
}
