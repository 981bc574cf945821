/** The actor `db`: the connections of the runtime, opened when first used, closed when it stops. */
import { fromProcess } from '../../supervisors/index.ts'
import {
  openConnections,
  type Connections,
  type ConnectionsOptions,
} from '../engine/connections.ts'

export interface DatabaseInput extends ConnectionsOptions {
  /** Let everybody use these connections from now on. */
  readonly publish: (connections: Connections) => void
}

export const database = fromProcess<never, undefined, DatabaseInput>(undefined, ({ input }) => {
  const connections = openConnections(input)
  input.publish(connections)

  return { dispose: () => connections.close() }
})
