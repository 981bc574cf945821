import { describe, expect, test } from 'vitest'
import type { AnyActorRef, InspectionEvent } from 'xstate'
import { describe as describeTree, inspect, type SupervisorRef } from '../../supervisors/index.ts'
import { useDatabase } from '../support/database.ts'
import { actorsOf, kill, startTree } from '../support/tree.ts'
import { unsettled } from './fire/census.ts'
import { untilRight } from './fire/until.ts'

const database = useDatabase()

/** What XState calls the parent of an actor. */
const PARENT = '_parent'

function isActor(value: object): value is AnyActorRef {
  return 'id' in value && PARENT in value
}

/** The children that a supervisor asks to stop (`?`) and starts (`+`) from now on, in that order. */
function journal(root: SupervisorRef, supervisor: string) {
  const parent = supervisor === '' ? root : actorsOf(root).get(supervisor)
  const entries: string[] = []
  const note = (sign: '+' | '?', { actorRef }: InspectionEvent) => {
    if (!isActor(actorRef) || actorRef[PARENT] !== parent) return
    // Without the incarnation.
    entries.push(`${sign}${actorRef.id.replace(/#\d+$/, '')}`)
  }
  const stop = inspect(
    root.system,
    (event) => {
      if (event.type === '@xstate.actor') note('+', event)
      if (event.type !== '@xstate.event') return
      if (event.event.type === 'sup.shutdown') note('?', event)
    },
    (error) => entries.push(String(error)),
  )

  return { entries, stop }
}

const queue = 'nursery/foreman/default'
const group = ['+pool', '+producer', '+watchman']

describe('the order in a tree', () => {
  test.each([
    [queue, 'pool', ['?watchman', '?producer', ...group]],
    [queue, 'producer', ['?watchman', '?pool', ...group]],
    [queue, 'watchman', ['?producer', '?pool', ...group]],
    [`${queue}/pool`, 'thread/1', ['+thread/1']],
    ['nursery/foreman', 'default', ['+default']],
    ['nursery', 'foreman', ['?midwife', '+foreman', '+midwife']],
    ['nursery', 'midwife', ['+midwife']],
    ['', 'db', ['+db']],
    ['', 'notifier', ['+notifier']],
    ['', 'refresher', ['+refresher']],
    ['', 'acker', ['+acker']],
    ['', 'nursery', ['+nursery']],
    ['', 'peer', ['+peer']],
    ['', 'sonar', ['+sonar']],
    ['', 'harbor', ['+harbor']],
    ['harbor', 'stager', ['+stager']],
    ['harbor', 'lifeline', ['+lifeline']],
    ['harbor', 'pruner', ['+pruner']],
    ['harbor', 'vacuumer', ['+vacuumer']],
  ])('below /%s after the end of %s is %j', async (supervisor, child, expected) => {
    const tree = await startTree(database.url)
    const word = [supervisor, child].filter((part) => part !== '').join('/')
    const id = await tree.enqueue('Wait', { word })
    await tree.begun(id)
    const { entries, stop } = journal(tree.root, supervisor)
    kill(tree.root, word)
    await untilRight(tree.root, word, () => unsettled(describeTree(tree.root.getSnapshot())))
    stop()
    expect(entries).toEqual(expected)

    const isInterrupted = `${queue}/pool/thread/1`.startsWith(word) || supervisor === queue
    await tree.begun(id, isInterrupted ? 2 : 1)
    tree.say(word)
    await tree.told.ended(id)
    expect(
      await database.query('SELECT state::text, attempt FROM oban_jobs WHERE id = $1', [id]),
    ).toEqual([{ state: 'completed', attempt: 1 }])
  })
})
