import { describe, expect, test } from 'vitest'
import { parseConfig, type QueueConfig } from '../../src/config.ts'
import type { QueueOptions } from '../../src/config/options.ts'
import { refuseExcess } from '../../src/runtime/queues/excess.ts'

const queuesOf = (queues: Readonly<Record<string, QueueOptions | number>>) =>
  new Map(
    parseConfig({ database: 'postgres://localhost/x', queues }).queues.map(
      (each) => [each.name, each] as const,
    ),
  )

function queue(name: string, options: QueueOptions | number): QueueConfig {
  const found = queuesOf({ [name]: options }).get(name)
  if (found === undefined) throw new Error('no queue')

  return found
}

const inline = { limit: 1, execution: 'inline' } as const
const threads = (count: number): QueueOptions => ({ limit: 1_000, threads: count })

describe('signals', () => {
  test('together give a node no more than 256 threads', () => {
    const queues = queuesOf({ a: threads(200), b: inline })

    refuseExcess({ queues }, queue('c', threads(56)))
    refuseExcess({ queues }, queue('a', threads(256)))
    expect(() => refuseExcess({ queues }, queue('c', threads(57)))).toThrow(
      'queues.c: expected at most 256 threads in all queues of a node that is told by a signal; ' +
        'above it use { localOnly: true } on the node, or the configuration',
    )
    expect(() => refuseExcess({ queues }, queue('a', threads(257)))).toThrow('at most 256 threads')
  })

  test('may lower what the configuration has set above that, and start what needs no thread', () => {
    const queues = queuesOf({ a: threads(500) })

    refuseExcess({ queues }, queue('a', threads(400)))
    refuseExcess({ queues }, queue('b', inline))
    expect(() => refuseExcess({ queues }, queue('b', threads(1)))).toThrow('at most 256 threads')
  })

  test('start no more than 1,000 queues', () => {
    const names = Array.from({ length: 1_000 }, (_, index) => [`q${index}`, inline] as const)
    const queues = queuesOf(Object.fromEntries(names))

    refuseExcess({ queues }, queue('q1', { ...inline, limit: 2 }))
    expect(() => refuseExcess({ queues }, queue('new', inline))).toThrow('at most 1000 queues')
  })
})
