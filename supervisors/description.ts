/**
 * A supervision tree as plain JSON, and the words in it. Imports nothing, so that whoever publishes a
 * description does not make others need XState's types.
 */

export type Json = boolean | number | string | null | Json[] | { [key: string]: Json }

/** Who is restarted with a child that crashed: nobody else, everybody, those that started after it. */
export type Strategy = 'one_for_all' | 'one_for_one' | 'rest_for_one'

/** When a child that ended is started again: always, after a crash, never. */
export type Restart = 'permanent' | 'temporary' | 'transient'

/** `restarting`: a group is being restarted. A child that restarts on its own leaves it `running`. */
export type SupervisorPhase = 'restarting' | 'running' | 'starting' | 'stopping'

/**
 * idle: waits for its turn in a plan. starting: not ready yet. backoff: waits for its restart.
 * down: ended or stopped, and will not be started again by itself.
 */
export type ChildState = 'backoff' | 'down' | 'idle' | 'starting' | 'stopping' | 'up'

/** One child in the description. Keys that do not apply are left out. */
export interface ChildDescription {
  /** Unique within its supervisor. */
  id: string
  /** Its address in the system, if it has one. */
  name?: string
  restart: Restart
  state: ChildState
  /** How often it was started again, with siblings that took it along or by itself. */
  restarts: number
  /** The last error that it ended with, as text, 2,000 characters at most. Stays after a restart. */
  lastError?: string
  /** The children of a supervisor. */
  tree?: TreeDescription
  /** State value of a machine, phase of a process, otherwise the status; left out when down. */
  value?: Json
  /** What the actor chose to show; left out when it shows nothing, or is down. */
  context?: Json
}

/** A supervisor and everything below it. */
export interface TreeDescription {
  status: 'active' | 'done' | 'error' | 'stopped'
  phase: SupervisorPhase
  strategy: Strategy
  /** Restarts that it allows its children within `maxSeconds`; one more, and it gives up. */
  maxRestarts: number
  maxSeconds: number
  /** Restarts within the last `maxSeconds`. */
  recentRestarts: number
  /** In the order in which they start. */
  children: ChildDescription[]
}
