import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { peer, type Election, type PeerInput } from '../../src/actors/peer.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')
const won: Election = { leads: true, trustedForMs: 27_000, freeInMs: 0 }
const lost: Election = { leads: false, trustedForMs: 0, freeInMs: 0 }
const taken = (freeInMs: number): Election => ({ ...lost, freeInMs })

function makeInput() {
  const elect = effect<Election>()
  const renew = effect<Election>()
  const resign = effect()
  const told: string[] = []
  const decided: [leader: boolean, wasLeader: boolean][] = []
  const input: PeerInput = {
    renewalMs: 15_000,
    retryMs: 1_000,
    elect: elect.run,
    renew: renew.run,
    resign: resign.run,
    tell: ({ type }, watcher = 'all') => told.push(`${type} to ${watcher}`),
    onDecided: (leader, wasLeader) => decided.push([leader, wasLeader]),
    onFailed: (error) => told.push(String(error)),
  }

  return { decided, elect, input, renew, resign, told }
}

function startPeer() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(peer, { clock, input: made.input }).start()
  const leads = () => actor.getSnapshot().matches('leading')
  const isOver = () => actor.getSnapshot().status === 'done'

  return { ...made, actor, clock, isOver, leads }
}

async function startLeader() {
  const started = startPeer()
  await started.elect.resolve(won)
  started.told.length = 0

  return started
}

describe('a peer that follows', () => {
  test('stands for election at once, and tells all when it is elected', async () => {
    const { elect, leads, told } = startPeer()
    await elect.resolve(won)

    expect(leads()).toBe(true)
    // A peer that starts again may be the successor of one that led.
    expect(told).toEqual(['leader.resigned to all', 'leader.elected to all'])
  })

  test('waits until the lease of who leads may end', async () => {
    const { clock, elect } = startPeer()
    await elect.resolve(taken(15_000))
    clock.increment(14_999)
    expect(elect.calls).toHaveLength(1)
    clock.increment(1)

    expect(elect.calls).toHaveLength(2)
  })

  test('does not ask twice within the shortest wait', async () => {
    const { clock, elect } = startPeer()
    await elect.resolve(taken(0))
    clock.increment(999)
    expect(elect.calls).toHaveLength(1)
    clock.increment(1)

    expect(elect.calls).toHaveLength(2)
  })

  test('tries at once when the place becomes free', async () => {
    const { actor, elect, leads } = startPeer()
    await elect.resolve(taken(30_000))
    actor.send({ type: 'leader.vacant' })
    await elect.resolve(won)

    expect(leads()).toBe(true)
  })

  test('tries again when the place becomes free while an election is under way', async () => {
    const { actor, elect, leads } = startPeer()
    actor.send({ type: 'leader.vacant' })
    await elect.resolve(taken(30_000))
    expect(elect.calls).toHaveLength(2)
    await elect.resolve(won)

    expect(leads()).toBe(true)
  })

  test('reports an election that failed and tries again', async () => {
    const { clock, elect, leads, told } = startPeer()
    await elect.reject(outage)
    clock.increment(1_000)
    await elect.resolve(won)

    expect(leads()).toBe(true)
    expect(told[1]).toBe('Error: connection refused')
  })
})

describe('a peer that leads', () => {
  test('renews at its interval, and tells nobody', async () => {
    const { clock, leads, renew, told } = await startLeader()
    for (let time = 1; time <= 10; time += 1) {
      clock.increment(14_999)
      expect(renew.calls).toHaveLength(time - 1)
      clock.increment(1)
      await renew.resolve(won)
    }

    expect([leads(), told]).toEqual([true, []])
  })

  test('follows at once when the term is not its own any more', async () => {
    const { clock, leads, renew, elect, told } = await startLeader()
    clock.increment(15_000)
    await renew.resolve(lost)

    expect([leads(), told]).toEqual([false, ['leader.resigned to all']])
    expect(elect.calls).toHaveLength(2)
  })

  test('tries to renew while it is trusted, and not a moment longer', async () => {
    const { clock, leads, renew, told } = await startLeader()
    clock.increment(15_000)
    for (let time = 0; time < 11; time += 1) {
      await renew.reject(outage)
      clock.increment(1_000)
    }
    expect(leads()).toBe(true)
    await renew.reject(outage)
    clock.increment(999)
    expect(leads()).toBe(true)
    clock.increment(1)

    expect(leads()).toBe(false)
    expect(told.at(-1)).toBe('leader.resigned to all')
  })

  test('stops leading when a renewal is not answered in time, whatever is answered later', async () => {
    const { clock, leads, renew, told } = await startLeader()
    clock.increment(27_000)
    expect([leads(), told]).toEqual([false, ['leader.resigned to all']])
    await renew.resolve(won)

    expect(leads()).toBe(false)
  })

  test('counts its trust from each renewal', async () => {
    const { clock, leads, renew } = await startLeader()
    clock.increment(15_000)
    await renew.resolve({ ...won, trustedForMs: 20_000 })
    clock.increment(19_999)
    expect(leads()).toBe(true)
    clock.increment(1)

    expect(leads()).toBe(false)
  })
})

describe('a peer', () => {
  test('answers who watches with what is', async () => {
    const { actor, elect, told } = startPeer()
    actor.send({ type: 'watch', watcher: 'pruner' })
    await elect.resolve(won)
    actor.send({ type: 'watch', watcher: 'pruner' })

    expect(told).toEqual([
      'leader.resigned to all',
      'leader.resigned to pruner',
      'leader.elected to all',
      'leader.elected to pruner',
    ])
  })

  test('reports what was decided, each time', async () => {
    const { actor, clock, decided, elect, renew } = startPeer()
    await elect.resolve(taken(1_000))
    clock.increment(1_000)
    await elect.resolve(won)
    clock.increment(15_000)
    await renew.resolve(won)
    clock.increment(15_000)
    await renew.resolve(lost)
    await elect.resolve(won)
    clock.increment(27_000)
    await elect.reject(outage)
    clock.increment(1_000)
    await elect.resolve(won)
    actor.send({ type: 'sup.shutdown' })

    expect(decided.map(([leader, wasLeader]) => `${wasLeader} -> ${leader}`)).toEqual([
      'false -> false',
      'false -> true',
      'true -> true',
      'true -> false',
      'false -> true',
      'true -> false',
      'false -> true',
      'true -> false',
    ])
  })

  test('tells all and makes its place free when it stops', async () => {
    const { actor, isOver, resign, told } = await startLeader()
    actor.send({ type: 'sup.shutdown' })
    expect(told).toEqual(['leader.resigned to all'])
    await resign.resolve()

    expect(isOver()).toBe(true)
  })

  test('makes the place free that it wins while it stops', async () => {
    const { actor, elect, isOver, leads, resign } = startPeer()
    actor.send({ type: 'sup.shutdown' })
    actor.send({ type: 'sup.shutdown' })
    await elect.resolve(won)
    expect([leads(), resign.calls.length]).toEqual([false, 1])
    await resign.resolve()

    expect(isOver()).toBe(true)
  })

  test.each(['electing', 'waiting', 'renewing', 'retrying'])(
    'does not wait for a database that does not answer when it stops while %s',
    async (when) => {
      const started = when === 'electing' || when === 'waiting' ? startPeer() : await startLeader()
      const { actor, clock, elect, isOver, renew } = started
      if (when === 'waiting') await elect.resolve(taken(30_000))
      if (when === 'renewing' || when === 'retrying') clock.increment(15_000)
      if (when === 'retrying') await renew.reject(outage)
      actor.send({ type: 'sup.shutdown' })
      clock.increment(1_000)
      clock.increment(1_000)

      expect(isOver()).toBe(true)
    },
  )

  test('stops when its place cannot be made free', async () => {
    const { actor, isOver, resign } = await startLeader()
    actor.send({ type: 'sup.shutdown' })
    await resign.reject(outage)

    expect(isOver()).toBe(true)
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(peer, { clock, input: makeInput().input }).start())
    const elected = { ...makeInput().input, elect: () => Promise.resolve(won) }
    await stressActor((clock) => createActor(peer, { clock, input: elected }).start())
  })
})
