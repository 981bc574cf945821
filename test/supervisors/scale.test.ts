import { describe, expect, test } from 'vitest'
import { child, countChildren, startChild } from '../../supervisors/index.ts'
import { bench, Deferred, settled, toy } from './support/toys.ts'

function spec(id: string) {
  return child({ id, logic: toy, restart: 'temporary', input: { name: id, log: [] } })
}

describe('ten thousand temporary children', () => {
  const count = 10_000
  const ids = Array.from({ length: count }, (_, at) => `child ${at}`)

  test('that end by themselves leave nothing behind', async () => {
    const root = bench().start({ maxChildren: count })
    const refs = await Promise.all(ids.map((id) => startChild(root, spec(id))))
    expect(countChildren(root).active).toBe(count)
    for (const ref of refs) ref.send({ type: 'finish' })
    expect(countChildren(root)).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 })
    expect(root.system.getSnapshot()).toEqual({ _scheduledEvents: {} })
    expect(root.getSnapshot().core.calls.size).toBe(0)
    expect(root.getSnapshot().core.plan.steps).toEqual([])
  })

  test('that drain at the same time share one timer', async () => {
    const gate = new Deferred()
    const { clock, start } = bench()
    const root = start({ shutdownMode: 'parallel' })
    const input = { name: 'x', log: [], onShutdown: () => gate.promise }
    await Promise.all(ids.map((id) => startChild(root, { ...spec(id), input })))
    root.send({ type: 'sup.shutdown' })
    const { _scheduledEvents: timers } = root.system.getSnapshot()
    expect(Object.keys(timers)).toHaveLength(1)

    gate.resolve()
    await settled()
    expect(root.getSnapshot().status).toBe('done')
    clock.increment(5000)
    expect(countChildren(root).specs).toBe(0)
  })
})
