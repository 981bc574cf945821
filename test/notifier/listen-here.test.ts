import { describe, expect, test } from 'vitest'
import { Exchange } from '../../src/exchange.ts'
import { listenHere } from '../../src/notifier/listen-here.ts'

function startSession() {
  const exchange = new Exchange()
  const abort = new AbortController()
  const told: string[] = []
  const session = listenHere({
    exchange,
    channels: ['one'],
    onNotification: (channel, payload) => told.push(`${channel} ${payload}`),
    onUp: () => told.push('up'),
    signal: abort.signal,
  })

  return { abort, exchange, session, told }
}

describe('listenHere', () => {
  test('hears its channels until it is ended', async () => {
    const { abort, exchange, session, told } = startSession()
    exchange.publish('one', ['1'])
    exchange.publish('two', ['2'])
    await Promise.resolve()
    abort.abort(new Error('over'))
    exchange.publish('one', ['3'])
    await expect(session).rejects.toThrow('over')

    expect(told).toEqual(['up', 'one 1'])
  })

  test('does not begin when it is over already', async () => {
    const told: string[] = []
    const session = listenHere({
      exchange: new Exchange(),
      channels: [],
      onNotification: () => told.push('notification'),
      onUp: () => told.push('up'),
      signal: AbortSignal.abort(new Error('over')),
    })
    await expect(session).rejects.toThrow('over')

    expect(told).toEqual([])
  })
})
