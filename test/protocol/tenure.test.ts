import { describe, expect, test } from 'vitest'
import { isTrusted, Tenure } from '../../src/protocol/tenure.ts'
import { claimedRow } from '../support/claimed-row.ts'

const startTenure = () => new Tenure('uuid', 'default', new Date())

describe('tenure', () => {
  test('counts what runs and what waits for its acknowledgement', () => {
    const tenure = startTenure()
    const [first, second] = [tenure.claim(claimedRow()), tenure.claim(claimedRow())]
    expect([tenure.load, tenure.unacknowledged]).toEqual([2, 0])
    tenure.settle(first)
    expect([tenure.load, tenure.unacknowledged]).toEqual([1, 1])
    tenure.release(first)
    tenure.release(second)

    expect([tenure.load, tenure.unacknowledged]).toEqual([0, 0])
  })

  test('tells claims of one job apart, also over tenures', () => {
    const tokens = [startTenure(), startTenure()].map((tenure) => tenure.claim(claimedRow()).token)

    expect(new Set(tokens).size).toBe(2)
  })

  test('counts an end once', () => {
    const tenure = startTenure()
    const run = tenure.claim(claimedRow())

    expect([tenure.settle(run), tenure.settle(run), tenure.load]).toEqual([true, false, 0])
  })

  test('counts a run that is released twice once', () => {
    const tenure = startTenure()
    const run = tenure.claim(claimedRow())
    tenure.release(run)
    tenure.release(run)

    expect([tenure.load, tenure.unacknowledged]).toEqual([0, 0])
  })

  test('knows a job that was cancelled while the answer that brought it was awaited', () => {
    const tenure = startTenure()
    tenure.forewarn('1')
    tenure.fetchSent()
    tenure.forewarn('2')
    tenure.fetchEnded()
    const rows = ['1', '2'].map((id) => claimedRow({ id }))
    tenure.queueUp(rows)

    // A later claim has read that, and finds the job only when somebody has retried it.
    tenure.fetchSent()
    tenure.fetchEnded()
    tenure.queueUp(rows)
    const cancelled = tenure.runs.values().map(({ isCancelled }) => isCancelled)
    expect(cancelled).toEqual([false, true, false, false])
  })

  test('is spent when it is retired and nothing of it is left', () => {
    const tenure = startTenure()
    expect(tenure.isSpent).toBe(false)
    tenure.phase = 'retired'
    expect(tenure.isSpent).toBe(true)

    tenure.fetchSent()
    expect(tenure.isSpent).toBe(false)
    tenure.fetchEnded()
    tenure.threadStarted()
    expect(tenure.isSpent).toBe(false)
    tenure.threadEnded()
    const run = tenure.claim(claimedRow())
    tenure.settle(run)
    expect(tenure.isSpent).toBe(false)
    tenure.release(run)
    expect(tenure.isSpent).toBe(true)
  })

  test('tells when its last thread has ended', () => {
    const tenure = startTenure()
    const told: string[] = []
    tenure.whenThreadless(() => told.push('at once'))
    tenure.threadStarted()
    tenure.threadStarted()
    tenure.whenThreadless(() => told.push('last'))
    tenure.threadEnded()
    expect(told).toEqual(['at once'])
    tenure.threadEnded()

    expect([told, tenure.threads]).toEqual([['at once', 'last'], 0])
  })

  test('counts claims that wait for room apart, until they begin', () => {
    const tenure = startTenure()
    tenure.queueUp([claimedRow({ id: '1' }), claimedRow({ id: '2' }), claimedRow({ id: '3' })])
    expect([tenure.load, tenure.backlog.size, tenure.unacknowledged]).toEqual([0, 3, 0])
    const [first] = tenure.begin(1)
    expect([tenure.load, tenure.backlog.size, first?.phase]).toEqual([1, 2, 'running'])
    for (const run of tenure.backlog.last(1)) tenure.settle(run)

    expect([tenure.load, tenure.backlog.size, tenure.unacknowledged]).toEqual([1, 1, 1])
  })

  test('forgets claims that never began when it retires, and keeps those that run', () => {
    const tenure = startTenure()
    tenure.queueUp([claimedRow({ id: '1' }), claimedRow({ id: '2' })])
    const [first] = tenure.begin(1)
    tenure.retire()

    expect([tenure.phase, tenure.backlog.size]).toEqual(['retired', 0])
    expect([...tenure.runs.values()]).toEqual([first])
  })

  test('says once when no acknowledgement is awaited', () => {
    const tenure = startTenure()
    const run = tenure.claim(claimedRow())
    tenure.settle(run)
    const told: string[] = []
    tenure.whenStored(() => told.push('stored'))
    expect(told).toEqual([])
    tenure.release(run)
    tenure.release(run)

    expect(told).toEqual(['stored'])
    tenure.whenStored(() => told.push('at once'))
    expect(told).toEqual(['stored', 'at once'])
  })

  test('is starved while too much waits for its acknowledgement', () => {
    const tenure = startTenure()
    tenure.mostUnacknowledged = 1
    const run = tenure.claim(claimedRow())
    expect(tenure.starved).toBe(false)
    tenure.settle(run)
    expect(tenure.starved).toBe(true)
    tenure.release(run)

    expect(tenure.starved).toBe(false)
  })

  test('leaves a worker out for its time, and says once that it does', () => {
    const tenure = startTenure()
    expect([tenure.leaveOut('A', 60), tenure.leaveOut('A', 60)]).toEqual([true, false])
    expect(tenure.leftOut(59)).toEqual(['A'])
    expect(tenure.leftOut(60)).toEqual([])

    expect(tenure.leaveOut('A', 120)).toBe(true)
  })
})

describe('the lease', () => {
  test('is not trusted before the first heartbeat', () => {
    expect(isTrusted(startTenure().lease, 20_000)).toBe(false)
  })

  test('is trusted for less than ten seconds from the sending of a heartbeat', () => {
    const tenure = startTenure()
    tenure.trust(1_000.9)

    expect([10_999, 11_000].map((nowMs) => isTrusted(tenure.lease, nowMs))).toEqual([true, false])
  })
})
