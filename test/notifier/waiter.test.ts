import { describe, expect, test } from 'vitest'
import { Waiter, type Session } from '../../src/notifier/waiter.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { jobRow } from '../support/job-row.ts'

/** Let what was asked for be answered. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

/** A waiter for jobs that all live until the test ends some, and what it has asked for. */
function start() {
  const { clock, simulated } = simulatedClock()
  const looks: number[][] = []
  const announced: number[][] = []
  const sessions: Session[] = []
  const failures: unknown[] = []
  const ended = new Set<number>()
  let isAway = false
  let isHung = false
  const waiter = new Waiter({
    clock,
    look: async (ids) => {
      looks.push([...ids])
      if (isAway) throw new Error('away')
      if (isHung) return new Promise(() => {})

      return Promise.resolve({
        ended: ids.filter((id) => ended.has(id)).map((id) => jobRow({ id: String(id) })),
        alive: ids.filter((id) => !ended.has(id)),
      })
    },
    announce: async (ids) => {
      announced.push([...ids])

      return Promise.resolve()
    },
    listen: (session) => {
      sessions.push(session)

      return new Promise((_, reject) => {
        session.signal.addEventListener('abort', () => reject(session.signal.reason))
      })
    },
    onFailed: (error) => failures.push(error),
  })
  const wait = (id: number, timeoutMs = Number.POSITIVE_INFINITY) =>
    waiter.wait(id, { timeoutMs, signal: undefined })
  return {
    waiter,
    wait,
    looks,
    announced,
    sessions,
    failures,
    end: (id: number) => ended.add(id),
    setAway: (value: boolean) => {
      isAway = value
    },
    hang: () => {
      isHung = true
    },
    pass: async (ms: number) => {
      simulated.increment(ms)
      await settle()
    },
  }
}

describe('the waiter', () => {
  test('asks once for all who wait, at their beginning and each second', async () => {
    const { wait, looks, sessions, pass } = start()
    for (let id = 1; id <= 1_000; id += 1) void wait(id)
    await settle()
    expect(looks.map(({ length }) => length)).toEqual([1_000])

    await pass(999)
    expect(looks).toHaveLength(1)
    await pass(1)
    await pass(1_000)
    expect(looks.map(({ length }) => length)).toEqual([1_000, 1_000, 1_000])
    expect(sessions).toHaveLength(1)
  })

  test('looks each second however often somebody else begins to wait', async () => {
    const { wait, end, pass } = start()
    const waited = wait(1)
    await settle()
    end(1)
    for (let id = 2; id <= 3; id += 1) {
      await pass(500)
      void wait(id)
      await settle()
    }

    expect(Number((await waited).id)).toBe(1)
  })

  test('tells nodes what it waits for once they can hear it, and looks again soon', async () => {
    const { wait, looks, announced, sessions, end, pass } = start()
    const waited = wait(7)
    await settle()
    expect(announced).toEqual([])
    sessions[0]?.onUp()
    await settle()
    expect(announced).toEqual([[7]])

    end(7)
    await pass(100)
    expect(Number((await waited).id)).toBe(7)
    expect(looks).toHaveLength(3)
  })

  test('looks at what a node says has ended, and at nothing else', async () => {
    const { wait, looks, sessions, end } = start()
    const [first] = [wait(1), wait(2)]
    await settle()
    end(1)
    sessions[0]?.onEnded([1, 99])
    await first

    expect(looks).toEqual([[1, 2], [1]])
  })

  test('says it again before nodes forget', async () => {
    const { wait, announced, sessions, pass } = start()
    void wait(7)
    sessions[0]?.onUp()
    await settle()
    for (let second = 0; second < 30; second += 1) await pass(1_000)

    expect(announced).toEqual([[7], [7]])
  })

  test('lets go of its listener when nobody has waited for a while', async () => {
    const { wait, looks, sessions, end, pass } = start()
    end(1)
    await wait(1)
    await pass(1_999)
    expect(sessions[0]?.signal.aborted).toBe(false)
    end(2)
    await wait(2)
    await pass(2_000)

    expect(sessions[0]?.signal.aborted).toBe(true)
    await pass(60_000)
    expect([looks.length, sessions.length]).toEqual([2, 1])
    await settle()
  })

  test('goes on through an outage', async () => {
    const { wait, failures, end, setAway, pass } = start()
    setAway(true)
    const waited = wait(1)
    await settle()
    await pass(1_000)
    expect(failures).toHaveLength(2)
    setAway(false)
    end(1)
    await pass(1_000)

    expect((await waited).id).toBe('1')
  })

  test('does not say that a job goes on of which the database was not heard', async () => {
    const { wait, setAway, pass } = start()
    const late = [wait(1, 2_500), wait(2, 4_500)].map((waited) =>
      waited.catch((error: unknown) => error),
    )
    await settle()
    setAway(true)
    await pass(1_000)
    await pass(1_500)
    expect(await late[0]).toMatchObject({
      message: expect.stringMatching(
        /^job 1 did not end within 2500 ms; whether it goes on is not/,
      ),
      cause: expect.any(Error),
    })
    setAway(false)
    await pass(1_000)
    await pass(1_000)

    expect(await late[1]).toMatchObject({ message: expect.stringMatching(/it goes on$/) })
    expect(await late[1]).not.toHaveProperty('cause')
  })

  test('does not say so of a job that no look has seen, nor for an outage of before', async () => {
    const { wait, setAway, hang, pass } = start()
    setAway(true)
    const before = wait(1, 500).catch((error: unknown) => error)
    await settle()
    await pass(500)
    await before
    setAway(false)
    hang()
    const late = wait(2, 500).catch((error: unknown) => error)
    await settle()
    await pass(500)

    expect(await late).toMatchObject({ cause: { message: 'no look at the job was answered' } })
  })

  test('gives up when it is time, and when it is closed', async () => {
    const { waiter, wait, looks, pass } = start()
    const late = expect(wait(1, 500)).rejects.toMatchObject({ code: 'OBAN_WAIT_TIMEOUT' })
    const reason = new Error('stopped')
    const others = [wait(2), wait(2)].map((waited) => expect(waited).rejects.toBe(reason))
    await settle()
    await pass(500)
    await late
    waiter.close(reason)
    await Promise.all(others)
    await expect(wait(3)).rejects.toBe(reason)
    await pass(10_000)

    expect(looks).toHaveLength(1)
  })
})
