/** Who else is connected to a server. */
import { query } from './query.ts'

export const countSessions = query<{ sessions: string }, []>('count_sessions')
