import { describe, expect, test } from 'vitest'
import { Exchange, exchangeAt } from '../src/exchange.ts'

describe('exchange', () => {
  test('tells everybody, in order, after the code that runs now', async () => {
    const exchange = new Exchange()
    const heard: string[] = []
    exchange.subscribe((channel, payload) => heard.push(`a ${channel} ${payload}`))
    exchange.subscribe((channel, payload) => heard.push(`b ${channel} ${payload}`))
    exchange.publish('one', ['1', '2'])
    exchange.publish('two', ['3'])
    expect(heard).toEqual([])
    await Promise.resolve()

    expect(heard).toEqual(['a one 1', 'b one 1', 'a one 2', 'b one 2', 'a two 3', 'b two 3'])
  })

  test('tells nobody who has ended the subscription', async () => {
    const exchange = new Exchange()
    const heard: string[] = []
    const end = exchange.subscribe((_, payload) => heard.push(payload))
    exchange.publish('one', ['1'])
    end()
    await Promise.resolve()

    expect(heard).toEqual([])
  })

  test('is one for each address', () => {
    const [here, there] = ['here', 'there'].map((name) => exchangeAt(`${import.meta.url} ${name}`))

    expect(exchangeAt(`${import.meta.url} here`)).toBe(here)
    expect(there).not.toBe(here)
  })
})
