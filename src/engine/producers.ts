/** Statements on producers: their rows are how nodes judge one another's life. */
import type { Pulse } from '../protocol/vitality.ts'
import { query, script } from './query.ts'

interface Uuid {
  readonly uuid: string
}

type Register = [uuid: string, name: string, node: string, queue: string, meta: string]

export const registerProducer = query<never, Register>('register_producer')

export const mirrorProducer = query<never, Register>('mirror_producer')

export const unmirrorProducer = query<never, [uuid: string]>('unmirror_producer')

export const beatProducers = query<Uuid, [uuids: string[]]>('beat_producers')

interface ProducerRow extends Pulse {
  readonly dead: 't' | 'f'
}

export const lookProducers = query<ProducerRow, []>('look_producers')

interface RescuedRow {
  readonly id: string
  readonly queue: string
  readonly state: 'available' | 'discarded'
}

type Rescue = [uuid: string, beat: string, orphaned: string, channel: string, limit: number]

export const rescueJobs = script<RescuedRow, Rescue>('rescue_jobs')

export const removeProducer = script<Uuid, [uuid: string]>('remove_producer')

interface LivingRow {
  /** The instance. */
  readonly name: string
  readonly node: string
  readonly queue: string
  /** Seconds since its last heartbeat. */
  readonly age: string
}

export const livingProducers = query<LivingRow, []>('living_producers')
