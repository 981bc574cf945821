/** The addresses of an instance's actors, and what each understands. */
import type { AckerRef } from '../actors/acker.ts'
import type { CronRef } from '../actors/cron.ts'
import type { LifelineRef } from '../actors/lifeline.ts'
import type { MetricsRef } from '../actors/metrics.ts'
import type { MidwifeRef } from '../actors/midwife.ts'
import type { NotifierRef } from '../actors/notifier.ts'
import type { PeerRef } from '../actors/peer.ts'
import type { ProducerRef } from '../actors/producer.ts'
import type { PrunerRef } from '../actors/pruner.ts'
import type { RefresherRef } from '../actors/refresher.ts'
import type { ReindexerRef } from '../actors/reindexer.ts'
import type { SonarRef } from '../actors/sonar.ts'
import type { StagerRef } from '../actors/stager.ts'
import type { VacuumerRef } from '../actors/vacuumer.ts'
import type { WatchmanRef } from '../actors/watchman.ts'
import type { MessageOf, SupervisorRef } from '../../supervisors/index.ts'

export interface Names {
  acker: AckerRef
  cron: CronRef
  foreman: SupervisorRef
  lifeline: LifelineRef
  metrics: MetricsRef
  midwife: MidwifeRef
  notifier: NotifierRef
  peer: PeerRef
  pruner: PrunerRef
  refresher: RefresherRef
  reindexer: ReindexerRef
  sonar: SonarRef
  stager: StagerRef
  vacuumer: VacuumerRef
  /** Of a queue with threads. */
  [pool: `queue/${string}/pool`]: SupervisorRef
  [producer: `queue/${string}/producer`]: ProducerRef
  [watchman: `queue/${string}/watchman`]: WatchmanRef
}

export type Tell = <Name extends keyof Names>(
  name: Name,
  message: MessageOf<Names[Name]>,
) => boolean

export type Whereis = <Name extends keyof Names>(name: Name) => Names[Name] | undefined
