// A tree of `oban-ts/supervisors`, whose children fail.
import { child, fromProcess, supervisor } from 'oban-ts/supervisors'
import { createActor } from 'xstate'
import { answer } from './answer.js'

const CHILDREN = 10

const member = fromProcess(0, ({ set }) => ({
  onEvent({ type }) {
    if (type === 'break') throw new Error('broken')
    set((count) => count + 1)
  },
}))

const root = createActor(supervisor, {
  input: {
    strategy: 'rest_for_one',
    maxRestarts: 1_000_000,
    children: Array.from({ length: CHILDREN }, (_, index) =>
      child({ id: `child-${index}`, logic: member, name: `child-${index}` }),
    ),
  },
})
root.subscribe({ error: console.error })
root.start()

function find() {
  return root.system.get('child-5')
}

/** Until the child that failed has taken a message again, those behind it having started anew. */
function restart() {
  const failed = find()
  const startedAt = performance.now()
  failed.send({ type: 'break' })

  return new Promise((resolve) => {
    const look = () => {
      const found = find()
      if (found === undefined || found === failed) return setImmediate(look)
      found.send({ type: 'count' })
      if (found.getSnapshot().state !== 1) return setImmediate(look)

      return resolve(performance.now() - startedAt)
    }
    look()
  })
}

async function restarts({ count }) {
  const times = []
  while (times.length < count) times.push(await restart())

  return times
}

answer({ restarts }, async () => root.send({ type: 'sup.shutdown', reason: 'the end' }))
