/** Who of other languages, or of ours, lives in the schema. */
import { query } from './query.ts'

interface Node {
  readonly node: string
}

/** The Elixir node that leads. */
export const livePeers = query<Node, []>('live_peers')

/** Those in the table of oban-py and Oban Pro, where ours are shown too. */
export const livePythonProducers = query<Node, []>('live_python_producers')
