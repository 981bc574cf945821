import { describe, expect, test } from 'vitest'
import { faults } from './faults/catalogue.ts'
import { CALM_MS, schedule, type Step } from './schedule.ts'

const NODES = ['n1', 'n2', 'n3', 'n4'] as const

const schedules = (seeds: number, minutes: number) =>
  Array.from({ length: seeds }, (_, seed) => schedule(seed, minutes, { faults, nodes: [...NODES] }))

const endOf = ({ atMs, durationMs }: Step) => atMs + durationMs

describe('schedule', () => {
  test('is the same for a seed, and another for the next', () => {
    const [first, second] = schedules(2, 3)

    expect(schedules(1, 3)).toEqual([first])
    expect(second).not.toEqual(first)
  })

  test('is over before the end, with time to recover', () => {
    const late = schedules(50, 3).flatMap((steps) =>
      steps.filter((step) => endOf(step) > 3 * 60_000 - CALM_MS),
    )

    expect(late).toEqual([])
  })

  test('breaks everything before it breaks anything again', () => {
    const [steps = []] = schedules(1, 60)
    const first = steps.slice(0, faults.length).map(({ fault }) => fault)

    expect(first.toSorted()).toEqual(faults.map(({ name }) => name).toSorted())
  })

  test('lets faults overlap, and leaves calms in which recovery shows', () => {
    const [steps = []] = schedules(1, 10)
    const pairs = steps.slice(1).map((step, index) => {
      const endMs = Math.max(...steps.slice(0, index + 1).map(endOf))

      return step.atMs - endMs
    })

    expect(pairs.some((gapMs) => gapMs < 0)).toBe(true)
    expect(pairs.some((gapMs) => gapMs >= CALM_MS)).toBe(true)
  })

  test('cuts short what would last too long for a suite', () => {
    const steps = schedule(1, 30, { faults, nodes: [...NODES], longestMs: 4_000 })

    expect(Math.max(...steps.map(({ durationMs }) => durationMs))).toBe(4_000)
  })

  test('uses only the faults that are asked for', () => {
    const outage = faults.filter(({ name }) => name === 'outage')
    const steps = schedule(1, 5, { faults: outage, nodes: [...NODES] })

    expect(new Set(steps.map(({ fault }) => fault))).toEqual(new Set(['outage']))
  })
})
