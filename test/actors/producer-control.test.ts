import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { settled } from '../support/effect.ts'
import { idsOf, outage, rows, startProducer, startRunning } from './producer-support.ts'

describe('a pause', () => {
  test('keeps a producer from claiming until it is resumed', async () => {
    const { actor, claims, value } = await startRunning({ paused: true })
    actor.send({ type: 'jobs.available' })
    expect([claims.calls, value()]).toEqual([[], 'paused'])

    actor.send({ type: 'resume' })
    expect(claims.calls).toEqual([[3]])
  })

  test('that comes before it is registered holds too', async () => {
    const { actor, register, value } = startProducer()
    actor.send({ type: 'pause' })
    await register.resolve()

    expect(value()).toBe('paused')
  })

  test('that is taken back before it is registered does not hold', async () => {
    const { actor, claims, register } = startProducer({ paused: true })
    actor.send({ type: 'resume' })
    await register.resolve()

    expect(claims.calls).toEqual([[3]])
  })

  test('gives back what a claim under way brings', async () => {
    const { actor, claims, givenBack, started } = await startRunning()
    actor.send({ type: 'pause' })
    await claims.resolve(rows(1, 2))

    expect([idsOf(started), idsOf(givenBack)]).toEqual([[], [1, 2]])
  })

  test('reports a claim under way that fails', async () => {
    const { actor, claims, failures } = await startRunning()
    actor.send({ type: 'pause' })
    await claims.reject(outage)

    expect(failures).toEqual([outage])
  })

  test('and a resume never lead to more jobs than the limit', async () => {
    const { actor, claims, givenBack, started, tenure } = await startRunning()
    actor.send({ type: 'pause' })
    actor.send({ type: 'resume' })
    expect(claims.open).toBe(2)
    await claims.resolve(rows(1))
    await claims.resolve(rows(2, 3, 4))

    expect(tenure.load).toBe(3)
    expect([idsOf(started), idsOf(givenBack)]).toEqual([[1, 2, 3], [4]])
  })
})

describe('a scale', () => {
  test('up claims more at once', async () => {
    const { actor, claims, clock } = await startRunning()
    await claims.resolve(rows(1, 2, 3))
    clock.increment(10)
    actor.send({ type: 'scale', limit: 5 })

    expect(claims.calls).toEqual([[3], [2]])
  })

  test('down claims nothing until enough have ended', async () => {
    const { actor, claims, clock, end, started } = await startRunning()
    await claims.resolve(rows(1, 2, 3))
    clock.increment(10)
    actor.send({ type: 'scale', limit: 2 })
    end(started[0])
    expect(claims.calls).toHaveLength(1)

    end(started[1])
    expect(claims.calls).toEqual([[3], [1]])
  })

  test('down during a claim gives back what there is no room for, and looks for it later', async () => {
    const { actor, claims, end, givenBack, started } = await startRunning()
    actor.send({ type: 'scale', limit: 1 })
    await claims.resolve(rows(1, 2))
    expect([idsOf(started), idsOf(givenBack)]).toEqual([[1], [2]])

    end(started[0])
    expect(claims.calls).toEqual([[3], [1]])
  })
})

describe('a drain', () => {
  test('waits for what runs, and says so once it has ended', async () => {
    const { actor, claims, drains, end, started } = await startRunning()
    await claims.resolve(rows(1, 2))
    actor.send({ type: 'drain' })
    end(started[0])
    expect(drains).toHaveLength(0)

    end(started[1])
    expect(drains).toHaveLength(1)
  })

  test('is over at once when nothing runs', async () => {
    const { actor, claims, drains } = await startRunning()
    await claims.resolve([])
    actor.send({ type: 'drain' })

    expect(drains).toHaveLength(1)
  })

  test('waits for a claim under way, and gives back what it brings', async () => {
    const { actor, claims, drains, givenBack, started } = await startRunning()
    actor.send({ type: 'drain' })
    expect(drains).toHaveLength(0)
    await claims.resolve(rows(1))

    expect([idsOf(started), idsOf(givenBack)]).toEqual([[], [1]])
    expect(drains).toHaveLength(1)
  })

  test('waits for a claim under way that fails', async () => {
    const { actor, claims, drains } = await startRunning()
    actor.send({ type: 'drain' })
    await claims.reject(outage)

    expect(drains).toHaveLength(1)
  })

  test('claims nothing more, whatever it is told', async () => {
    const { actor, claims } = await startRunning()
    await claims.resolve(rows(1))
    actor.send({ type: 'drain' })
    for (const type of ['jobs.available', 'resume', 'pause', 'acks.landed'] as const) {
      actor.send({ type })
    }
    actor.send({ type: 'scale', limit: 9 })

    expect(claims.calls).toHaveLength(1)
  })

  test('is answered each time: a watchman that started again asks again', async () => {
    const { actor, claims, drains } = await startRunning()
    await claims.resolve([])
    actor.send({ type: 'drain' })
    actor.send({ type: 'drain' })

    expect(drains).toHaveLength(2)
  })

  test('is over when another node has declared the producer dead', async () => {
    const { actor, claims, drains, errors } = await startRunning()
    await claims.resolve(rows(1))
    actor.send({ type: 'drain' })
    actor.send({ type: 'tenure.lost', uuid: 'uuid' })
    actor.send({ type: 'tenure.lost', uuid: 'uuid' })
    await settled()

    expect([drains.length, errors]).toEqual([1, []])
  })
})

describe('an end', () => {
  test('drops what a claim under way brings, and shows nobody its arguments', async () => {
    const warn = vi.spyOn(console, 'warn')
    onTestFinished(() => warn.mockRestore())
    const { actor, claims, givenBack, started, tenure } = await startRunning()
    actor.stop()
    await claims.resolve(rows(1))

    // Nothing is held under it: the comparison gives such rows back.
    expect([started, givenBack, tenure.runs.values()]).toEqual([[], [], []])
    expect(warn.mock.calls).toEqual([])
  })
})
