import { createActor } from 'xstate'
import { describe, expect, test } from 'vitest'
import { producer, TenureLostError } from '../../src/actors/producer.ts'
import { claimedRow } from '../support/claimed-row.ts'
import { stressActor } from '../support/start-stop.ts'
import { idsOf, makeInput, outage, rows, startProducer, startRunning } from './producer-support.ts'

describe('producer', () => {
  test('claims nothing before it is registered', async () => {
    const { claims, register } = startProducer()
    expect(claims.calls).toEqual([])

    await register.resolve()
    expect(claims.calls).toEqual([[3]])
  })

  test('registers until it succeeds, later each time', async () => {
    const { claims, clock, failures, register } = startProducer()
    await register.reject(outage)
    clock.increment(499)
    expect(register.calls).toHaveLength(1)
    clock.increment(1)
    await register.reject(outage)
    clock.increment(999)
    expect(register.calls).toHaveLength(2)
    clock.increment(1)
    await register.resolve()

    expect(failures).toEqual([outage, outage])
    expect(claims.calls).toEqual([[3]])
  })

  test('waits no longer than 8 seconds to register', async () => {
    const { clock, register } = startProducer()
    for (let time = 0; time < 20; time += 1) {
      await register.reject(outage)
      clock.increment(8_000)
    }

    expect(register.calls).toHaveLength(21)
  })

  test('starts what it claimed by priority, time and id', async () => {
    const { claims, started } = await startRunning({ limit: 9 })
    await claims.resolve([
      claimedRow({ id: '10' }),
      claimedRow({ id: '9' }),
      claimedRow({ id: '8', scheduled_at: '2029-12-31 23:59:59.999999' }),
      claimedRow({ id: '7', priority: '1', scheduled_at: '2029-01-01 00:00:00' }),
    ])

    expect(idsOf(started)).toEqual([8, 9, 10, 7])
  })

  test('claims again when most slots are free, only as many as are free', async () => {
    const { claims, end, started } = await startRunning({ limit: 4 })
    await claims.resolve(rows(1, 2, 3, 4))
    end(started[0])
    end(started[1])
    expect(claims.calls).toHaveLength(1)

    end(started[2])
    expect(claims.calls).toEqual([[4], [3]])
  })

  test.each([
    { claimMs: 6, waitMs: 6 },
    { claimMs: 400, waitMs: 10 },
  ])(
    'lets a free slot wait $waitMs ms for others after a claim of $claimMs ms',
    async ({ claimMs, waitMs }) => {
      const { claims, clock, end, started } = await startRunning({ limit: 4 })
      clock.increment(claimMs)
      await claims.resolve(rows(1, 2, 3, 4))
      end(started[0])
      clock.increment(waitMs - 1)
      expect(claims.calls).toHaveLength(1)

      clock.increment(1)
      expect(claims.calls).toEqual([[4], [1]])
    },
  )

  test('lets no slot wait that gets free later than that', async () => {
    const { claims, clock, end, started } = await startRunning({ limit: 4 })
    clock.increment(6)
    await claims.resolve(rows(1, 2, 3, 4))
    clock.increment(6)
    end(started[0])
    expect(claims.calls).toEqual([[4], [1]])
  })

  test('lets no slot wait where there was less than asked for', async () => {
    const { actor, claims, clock } = await startRunning({ limit: 4 })
    clock.increment(60)
    await claims.resolve(rows(1, 2, 3))
    clock.increment(0)
    actor.send({ type: 'jobs.available' })
    expect(claims.calls).toEqual([[4], [1]])
  })

  test('gathers no slots once it is paused, and claims at once when it is resumed', async () => {
    const { actor, claims, clock, end, started } = await startRunning({ limit: 4 })
    clock.increment(10)
    await claims.resolve(rows(1, 2, 3, 4))
    actor.send({ type: 'pause' })
    end(started[0])
    clock.increment(10)
    expect(claims.calls).toHaveLength(1)

    actor.send({ type: 'resume' })
    expect(claims.calls).toEqual([[4], [1]])
  })

  test('goes on gathering when a claim fails that was sent before a pause', async () => {
    const { actor, claims, clock, end, failures, started } = await startRunning({ limit: 4 })
    actor.send({ type: 'pause' })
    actor.send({ type: 'resume' })
    clock.increment(10)
    const [, second] = claims.calls
    expect(second).toEqual([4])
    await claims.resolve(rows(1, 2, 3, 4))
    await claims.reject(outage)
    end(started[0])
    clock.increment(10)

    expect(failures).toEqual([outage])
    expect(claims.calls).toEqual([[4], [4], [1]])
  })

  test('claims the rest after a full answer to a cautious claim', async () => {
    const { claims, clock } = await startRunning({ limit: 4 })
    await claims.reject(outage)
    clock.increment(500)
    await claims.resolve(rows(1, 2))
    clock.increment(10)

    expect(claims.calls).toEqual([[4], [2], [2]])
  })

  test('does not ask again what it knows: that nothing is left', async () => {
    const { claims, clock, end, started } = await startRunning()
    await claims.resolve(rows(1))
    clock.increment(60_000)
    end(started[0])

    expect(claims.calls).toHaveLength(1)
  })

  test('claims at most once per cooldown, however often it is told', async () => {
    const { actor, claims, clock } = await startRunning()
    await claims.resolve([])
    for (let time = 0; time < 10; time += 1) actor.send({ type: 'jobs.available' })
    clock.increment(4)
    expect(claims.calls).toHaveLength(1)

    clock.increment(1)
    expect(claims.calls).toHaveLength(2)
  })

  test('counts the cooldown from the sending of a claim', async () => {
    const { actor, claims, clock } = await startRunning()
    clock.increment(3)
    await claims.resolve([])
    actor.send({ type: 'jobs.available' })
    clock.increment(1)
    expect(claims.calls).toHaveLength(1)

    clock.increment(1)
    expect(claims.calls).toHaveLength(2)
  })

  test('looks again for what was announced while it was claiming', async () => {
    const { actor, claims, clock } = await startRunning()
    actor.send({ type: 'jobs.available' })
    await claims.resolve([])
    clock.increment(5)

    expect(claims.calls).toHaveLength(2)
  })

  test('waits longer and asks for less while claims fail', async () => {
    const { claims, clock, failures } = await startRunning({ limit: 8 })
    for (const patience of [500, 1_000, 2_000, 4_000]) {
      await claims.reject(outage)
      clock.increment(patience - 1)
      expect(claims.open).toBe(0)
      clock.increment(1)
    }

    expect(claims.calls).toEqual([[8], [4], [2], [1], [1]])
    expect(failures).toHaveLength(4)
  })

  test('asks for all it has room for once a claim has succeeded', async () => {
    const { actor, claims, clock } = await startRunning({ limit: 8 })
    await claims.reject(outage)
    clock.increment(500)
    await claims.resolve([])
    clock.increment(5)
    actor.send({ type: 'jobs.available' })

    expect(claims.calls).toEqual([[8], [4], [8]])
  })

  test('stops claiming while too much is unacknowledged', async () => {
    const { actor, claims, started, tenure } = await startRunning({ limit: 300 })
    const endAll = async (firstId: number) => {
      await claims.resolve(rows(...Array.from({ length: 300 }, (_, index) => firstId + index)))
      for (const run of started) tenure.settle(run)
      actor.send({ type: 'jobs.settled' })
    }
    await endAll(1)
    expect(claims.calls).toHaveLength(2)
    await endAll(301)
    expect(claims.calls).toHaveLength(2)
    expect(tenure.starved).toBe(true)

    const [first] = started
    if (first) tenure.release(first)
    actor.send({ type: 'acks.landed' })
    expect(claims.calls).toEqual([[300], [300], [300]])
  })

  test('leaves room for jobs that linger from before, and takes it when they end', async () => {
    const before = { running: 3 }
    const { actor, claims, clock, started } = await startRunning({
      limit: 3,
      prefetch: 2,
      lingering: () => before.running,
    })
    await claims.resolve(rows(1, 2))
    expect(idsOf(started)).toEqual([])

    before.running = 1
    actor.send({ type: 'jobs.settled' })
    clock.increment(5)
    expect(idsOf(started)).toEqual([1, 2])
    expect(claims.calls).toEqual([[2], [2]])
  })

  test('passes the loss of its tenure on as a crash', async () => {
    const { actor, errors } = await startRunning()
    actor.send({ type: 'tenure.lost', uuid: 'uuid' })

    expect(errors).toEqual([new TenureLostError('default', 'uuid')])
  })

  test('does not mind the loss of an earlier tenure', async () => {
    const { actor, errors } = await startRunning()
    actor.send({ type: 'tenure.lost', uuid: 'another' })

    expect(errors).toEqual([])
  })

  test.each(['registering', 'claiming', 'cooling'])(
    'stops when asked to while %s',
    async (when) => {
      const { actor, claims, register } = startProducer()
      if (when !== 'registering') await register.resolve()
      if (when === 'cooling') await claims.resolve([])
      actor.send({ type: 'sup.shutdown' })
      if (when === 'registering') await register.reject(outage)
      if (when === 'claiming') await claims.resolve(rows(1))

      expect(actor.getSnapshot().status).toBe('done')
    },
  )

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(producer, { clock, input: makeInput().input }).start())
  })
})
