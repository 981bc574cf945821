import { describe, expect, test } from 'vitest'
import { type Aspect, aspectOf, SentSignals } from '../../src/protocol/sent-signals.ts'

const pause = { aspect: 'paused', isSure: true, queue: 'media', text: 'pause media' } as const
const resume = { aspect: 'paused', isSure: true, queue: 'media', text: 'resume media' } as const

/** Of a signal that is done when it is heard. */
const overrules = (sent: SentSignals, queue: string, aspect: Aspect, nowMs: number) =>
  sent.overrules({ queue, aspect, place: sent.hear() }, nowMs)

describe('sent signals', () => {
  test('are known again when they come back, once each', () => {
    const sent = new SentSignals()
    sent.note(pause, 0)
    sent.note(resume, 0)

    expect([pause, resume, resume].map(({ text }) => sent.isEcho(text, 1))).toEqual([
      true,
      true,
      false,
    ])
  })

  test('overrule what is heard before their echo, of the same queue and kind only', () => {
    const sent = new SentSignals()
    sent.note(pause, 0)

    expect(overrules(sent, 'media', 'paused', 1)).toBe(true)
    expect(overrules(sent, 'media', 'limit', 1)).toBe(false)
    expect(overrules(sent, 'other', 'paused', 1)).toBe(false)
    sent.isEcho(pause.text, 1)
    expect(overrules(sent, 'media', 'paused', 1)).toBe(false)
  })

  test('for all queues overrule those for each', () => {
    const sent = new SentSignals()
    sent.note({ ...pause, queue: '*' }, 0)

    expect(overrules(sent, 'media', 'paused', 1)).toBe(true)
  })

  test('do not take an equal one of another node for a later one of their own', () => {
    const sent = new SentSignals()
    sent.note(pause, 0)
    sent.note(resume, 0)

    // Another node resumed first: its signal is overruled by both of ours.
    expect(sent.isEcho(resume.text, 1)).toBe(false)
    expect(overrules(sent, 'media', 'paused', 1)).toBe(true)
    expect(sent.isEcho(pause.text, 1)).toBe(true)
    expect(sent.isEcho(resume.text, 1)).toBe(true)
  })

  test('may come back though nobody listened yet: then they are known, and overrule nothing', () => {
    const sent = new SentSignals()
    sent.note({ ...pause, isSure: false }, 0)
    sent.note(resume, 0)
    expect(sent.isEcho(resume.text, 1)).toBe(true)
    expect(sent.isEcho(pause.text, 1)).toBe(false)

    sent.note({ ...pause, isSure: false }, 1)
    expect(overrules(sent, 'media', 'paused', 2)).toBe(false)
    expect(sent.isEcho(pause.text, 2)).toBe(true)
  })

  test('overrule what was heard before their echo and is done after it, and nothing later', () => {
    const sent = new SentSignals()
    const [one, all] = ['media', '*'].map((queue) => ({ ...pause, queue, text: queue }))
    for (const said of [one, all]) {
      const before = { queue: 'media', aspect: 'paused', place: sent.hear() } as const
      if (said) sent.note(said, 0)
      sent.isEcho(said?.text ?? '', 1)

      expect(sent.overrules(before, 1)).toBe(true)
      expect(sent.overrules({ ...before, queue: 'other' }, 1)).toBe(said === all)
      expect(sent.overrules({ ...before, aspect: 'limit' }, 1)).toBe(false)
      expect(overrules(sent, 'media', 'paused', 1)).toBe(false)
    }
  })

  test('are remembered for the last 1,000 queues', () => {
    const sent = new SentSignals()
    const place = sent.hear()
    for (let number = 0; number <= 1_000; number += 1) sent.say(`queue ${number}`, 'paused')
    const isOverruled = (number: number) =>
      sent.overrules({ queue: `queue ${number}`, aspect: 'paused', place }, 0)

    expect([0, 1, 1_000].map(isOverruled)).toEqual([false, true, true])
  })

  test('are not waited for any more when they were not sent, swallowed, or nobody listens', () => {
    const sent = new SentSignals()
    const takeBack = sent.note(pause, 0)
    takeBack()
    expect(sent.isEcho(pause.text, 1)).toBe(false)

    sent.note(pause, 0)
    expect(overrules(sent, 'media', 'paused', 4_999)).toBe(true)
    expect(overrules(sent, 'media', 'paused', 5_000)).toBe(false)

    sent.note(pause, 5_000)
    sent.clear()
    expect(sent.isEcho(pause.text, 5_001)).toBe(false)
  })
})

describe('aspectOf', () => {
  test('tells what a signal sets', () => {
    const actions = ['pause', 'resume', 'start', 'stop', 'scale'].map((action) => ({ action }))

    expect([...actions, { action: 'scale', threads: 2 }].map(aspectOf)).toEqual([
      'paused',
      'paused',
      'presence',
      'presence',
      'limit',
      'threads',
    ])
  })
})
