/**
 * The public surface of the supervision library.
 *
 * @module oban-ts/supervisors
 */
export { call, type CallOptions } from './call.ts'
export {
  countChildren,
  deleteChild,
  restartChild,
  startChild,
  terminateChild,
  whichChildren,
  type ChildCounts,
  type ChildStatus,
} from './control.ts'
export type { SupervisorSnapshot } from './core.ts'
export { describe } from './describe.ts'
export type { ChildDescription, ChildState, Json, Restart } from './description.ts'
export type { Strategy, SupervisorPhase, TreeDescription } from './description.ts'
export {
  CallDownError,
  CallTimeoutError,
  MaxIntensityError,
  StartError,
  SupervisorError,
  type SupervisorErrorCode,
} from './errors.ts'
export type { ShutdownMessage, SupervisorMessage } from './message.ts'
export { inspect } from './inspect.ts'
export type {
  InspectedActor,
  InspectedMessage,
  InspectedSnapshot,
  InspectionEvent,
  InspectionObserver,
} from './inspection.ts'
export { observe } from './observe.ts'
export { createNames, type DeadLetter, type MessageOf, type NameBook } from './names.ts'
export type { AutoShutdown, SupervisorInput } from './options.ts'
export {
  fromProcess,
  type ProcessLogic,
  type ProcessMessage,
  type ProcessPhase,
  type ProcessRef,
  type ProcessScope,
  type ProcessSnapshot,
  type ProcessStart,
} from './process.ts'
export type { ProcessHandlers } from './process-life.ts'
export type { Report, ReportHandler, ReportKind } from './report.ts'
export {
  child,
  type ChildDefinition,
  type ChildLogic,
  type ChildSpec,
  type ChildType,
  type Shutdown,
} from './spec.ts'
export { supervisor, type SupervisorLogic, type SupervisorRef } from './supervisor.ts'
