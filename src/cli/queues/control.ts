/** `oban queues pause` and its like: tells the nodes, and says what they have made of it. */
import { ALL_QUEUES, ANY, identOf, type QueueCommand } from '../../queue-command.ts'
import { oneLine } from '../../telemetry/words.ts'
import { capacityOf, type QueueLook, type QueueOnNode } from '../fleet/gather.ts'
import type { Look } from '../fleet/lookout.ts'
import { rest } from '../tree/rest.ts'

export interface ControlInput {
  /** Checked already. */
  readonly command: QueueCommand
  /** Only the node with this name. */
  readonly node: string | undefined
  readonly look: () => Promise<Look>
  readonly tell: (command: QueueCommand, ident: string) => Promise<void>
  /** Ends the wait for the nodes. */
  readonly signal: AbortSignal
}

/** What came of it, on a node. */
export interface Outcome {
  readonly instance: string
  readonly node: string
  readonly queue: string
  readonly hasObeyed: boolean
  /** How the queue is set there now. */
  readonly words: string
}

/** Nodes are asked so often whether they have obeyed, with a pause between, in milliseconds. */
const LOOKS = 6
const PAUSE_MS = 300

/** The queue of a node by now; without a portrait it is gone from there. */
type Now = Pick<QueueOnNode, 'portrait'>

function hasObeyed(command: QueueCommand, { portrait }: Now): boolean {
  switch (command.action) {
    case 'pause':
      return portrait?.paused === true
    case 'resume':
      return portrait?.paused === false
    case 'stop':
      return portrait === undefined
    case 'start':
      return portrait !== undefined
    case 'scale': {
      const { limit, threads } = command
      const staying = portrait?.threads.filter(({ state }) => state !== 'draining').length

      return (
        portrait !== undefined &&
        (limit === undefined || portrait.limit === limit) &&
        (threads === undefined || staying === threads)
      )
    }
    default:
      return command satisfies never
  }
}

function wordsOf({ portrait }: Now): string {
  if (portrait === undefined) return 'is not there'
  const { paused, running, limit, threads } = portrait
  const places = threads.length === 0 ? 'inline' : `threads ${threads.length}`

  return `${paused ? 'is paused' : 'runs'}, ${running.length}/${limit} running, ${places}`
}

/** The queues on nodes that a command is about, as far as they have answered. */
function meant({ queues }: Look, { command, node }: ControlInput): QueueLook[] {
  return queues
    .filter(({ queue }) => command.queue === ALL_QUEUES || queue === command.queue)
    .map((look) => ({
      ...look,
      nodes: look.nodes.filter((each) => each.portrait && (node ?? each.node) === each.node),
    }))
}

/** Instances of the node, by whose names it is addressed. */
function identsOf(look: Look, node: string): string[] {
  const nodes = [...look.portraits, ...look.queues.flatMap(({ nodes: all }) => all)]
  const names = nodes.filter((each) => each.node === node).map(({ instance }) => instance)
  if (names.length === 0) {
    const known = [...new Set(nodes.map((each) => oneLine(each.node)))].toSorted()
    const others = known.length === 0 ? 'none does' : `these do: ${known.join(', ')}`
    throw new Error(`node "${node}" shows no life; ${others}`)
  }

  return [...new Set(names)].map((name) => identOf({ name, node }))
}

/**
 * Tell the nodes, and look until they have obeyed or some time has passed.
 *
 * @returns one for each queue of each node that is meant and has answered
 * @throws {Error} when the node that is meant shows no life
 */
export async function control(input: ControlInput): Promise<readonly Outcome[]> {
  const { command, node, look, tell, signal } = input
  const before = await look()
  const idents = node === undefined ? [ANY] : identsOf(before, node)
  for (const ident of idents) await tell(command, ident)

  let outcomes: readonly Outcome[] = []
  for (let round = 0; round < LOOKS && !signal.aborted; round += 1) {
    outcomes = compare(input, before, await look())
    if (outcomes.every((outcome) => outcome.hasObeyed)) break
    await rest(PAUSE_MS, signal)
  }

  return outcomes
}

function compare(input: ControlInput, before: Look, after: Look): Outcome[] {
  const { command } = input
  const now = meant(after, input)
  // Who had the queue before has to show what became of it; who has it only now was told to start it.
  const concerned = command.action === 'start' ? now : meant(before, input)

  return concerned.flatMap(({ queue, nodes }) =>
    nodes.map(({ instance, node }) => {
      const there = now
        .find((look) => look.queue === queue)
        ?.nodes.find((each) => each.instance === instance && each.node === node)
      const state: Now = { portrait: there?.portrait }

      return {
        instance,
        node,
        queue,
        hasObeyed: hasObeyed(command, state),
        words: wordsOf(state),
      }
    }),
  )
}

/** The queues that nodes run which have answered. */
export function knownQueues({ queues }: Look): string[] {
  return queues.filter((look) => capacityOf(look).known > 0).map(({ queue }) => oneLine(queue))
}
