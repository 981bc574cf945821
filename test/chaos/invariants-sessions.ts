/** A node holds one session for each kind of work at rest, and none when it has ended. */
import { mostOf } from './sessions.ts'
import type { Story, Violation } from './story.ts'

export function ofSessions({ sessions }: Story): Violation[] {
  return sessions
    .filter((held) => held.sessions > mostOf(held))
    .map((held) => {
      const { node, moment, role } = held

      return {
        what:
          moment === 'end'
            ? `${node} left ${held.sessions} sessions of ${role} behind`
            : `${node} holds ${held.sessions} sessions of ${role}, not ${mostOf(held)}`,
      }
    })
}
