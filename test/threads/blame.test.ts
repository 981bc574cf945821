import { describe, expect, test } from 'vitest'
import { judge, type Death, type Ending, type LostRun } from '../../src/threads/blame.ts'
import { Tenure } from '../../src/protocol/tenure.ts'
import { claimedRow } from '../support/claimed-row.ts'

const tenure = new Tenure('uuid', 'default', new Date(0))

interface Lost extends Partial<Omit<LostRun, 'run'>> {
  readonly meta?: string
}

function lost({ meta = '{}', ...facts }: Lost = {}): LostRun {
  const run = tenure.claim(claimedRow({ meta }))

  return {
    run,
    durationMs: 70,
    wasReceived: true,
    wasCurrent: false,
    wasAborted: false,
    timeoutMs: undefined,
    hasTainted: false,
    ...facts,
  }
}

/** What became of each: `spared`, `suspected`, or the first line of its error. */
function verdicts(ending: Ending | undefined, ...facts: Lost[]): string[] {
  return verdictsOf({ ending }, ...facts)
}

const death: Omit<Death, 'lost'> = {
  ending: undefined,
  wasHaunted: false,
  wasUsed: false,
  hasExited: false,
  cause: 'because',
}

function verdictsOf(facts: Partial<Death>, ...jobs: Lost[]): string[] {
  const settled = judge({ ...death, ...facts, lost: jobs.map(lost) }, () => 0)

  return settled.map(({ outcome }) => {
    if (outcome.kind === 'failed') return outcome.error.split('\n', 1).join('')

    return outcome.kind === 'interrupted' && outcome.suspect ? 'suspected' : 'spared'
  })
}

test('a lost job is told to have run since it was given to the thread', () => {
  const settled = judge({ ...death, lost: [lost(), lost(late)], ending: 'ignored' })

  expect(settled.map(({ durationMs }) => durationMs)).toEqual([70, 70])
})

const CRASH = 'JobCrashError: job crashed its thread: because'
const TIMEOUT = 'JobTimeoutError: job timed out after 50 ms'
const late = { timeoutMs: 50, wasAborted: true }

describe('a thread that died by itself', () => {
  test('was killed by the only job on it', () => {
    expect(verdicts(undefined, {})).toEqual([CRASH])
  })

  test('after other jobs had ended there leaves a suspect, which pays the second time', () => {
    const again = { meta: '{"suspect": true}' }

    expect(verdictsOf({ wasUsed: true }, {})).toEqual(['suspected'])
    expect(verdictsOf({ wasUsed: true }, again)).toEqual([CRASH])
    expect(verdictsOf({ wasUsed: true, ending: 'memory' }, {})).toEqual(['suspected'])
    expect(verdictsOf({ wasUsed: true, hasExited: true }, {})).toEqual([CRASH])
  })

  test('leaves several suspects, whoever was at work: memory runs out on anybody', () => {
    expect(verdicts(undefined, { wasCurrent: true }, {})).toEqual(['suspected', 'suspected'])
  })

  test('by a call, and not by an error, was killed by the job at work', () => {
    expect(verdictsOf({ hasExited: true }, { wasCurrent: true }, {})).toEqual([CRASH, 'spared'])
    expect(verdictsOf({ hasExited: true }, {}, {})).toEqual(['suspected', 'suspected'])
  })

  test('cannot have been killed by what never arrived', () => {
    expect(verdicts(undefined, { wasReceived: false }, {})).toEqual(['spared', CRASH])
    expect(verdicts(undefined, { wasReceived: false })).toEqual(['spared'])
  })
})

describe('a thread that was blocked', () => {
  test('was blocked by the job at work', () => {
    expect(verdicts('blocked', { ...late, wasCurrent: true }, {}, {})).toEqual([
      TIMEOUT,
      'spared',
      'spared',
    ])
  })

  test('was blocked by the only job on it', () => {
    expect(verdicts('blocked', late)).toEqual([TIMEOUT])
    expect(verdicts('blocked', { wasAborted: true })).toEqual(['spared'])
  })

  test('keeps the one at work a suspect when it was not asked to end itself', () => {
    expect(verdicts('blocked', late, { wasCurrent: true })).toEqual(['spared', 'suspected'])
  })

  test('leaves suspects when nobody was at work', () => {
    expect(verdicts('blocked', late, {})).toEqual(['suspected', 'suspected'])
  })
})

describe('a thread whose last code was left behind by a job that had ended', () => {
  test('was blocked by none of those that are there', () => {
    expect(verdictsOf({ ending: 'blocked', wasHaunted: true }, late, {})).toEqual([
      'spared',
      'spared',
    ])
    expect(verdictsOf({ ending: 'blocked', wasHaunted: true }, late)).toEqual(['spared'])
  })

  test('may have died of either', () => {
    expect(verdictsOf({ ending: undefined, wasHaunted: true }, {})).toEqual(['suspected'])
    expect(verdictsOf({ ending: 'memory', wasHaunted: true }, {})).toEqual(['suspected'])
  })
})

describe('a thread that was ended', () => {
  test('for a job that went on costs those that are past their time', () => {
    expect(verdicts('ignored', late, { wasAborted: true }, {})).toEqual([
      TIMEOUT,
      'spared',
      'spared',
    ])
  })

  test('for its memory was filled by the only job on it', () => {
    expect(verdicts('memory', {})).toEqual([CRASH])
    expect(verdicts('memory', {}, {})).toEqual(['suspected', 'suspected'])
  })

  test('for the growth of the process costs nobody: it may be the memory of another', () => {
    expect(verdicts('growth', {})).toEqual(['suspected'])
    expect(verdicts('growth', { meta: '{"suspect": true}' })).toEqual(['suspected'])
  })

  test('for growth that was nobody else’s costs a job that was suspected before', () => {
    const again = { meta: '{"suspect": true}' }

    expect(verdicts('ownGrowth', {})).toEqual(['suspected'])
    expect(verdicts('ownGrowth', again)).toEqual([CRASH])
    expect(verdicts('ownGrowth', again, {})).toEqual(['suspected', 'suspected'])
  })

  test('for an error costs the job that left it, where no other can have made our code fail', () => {
    const culprit = { hasTainted: true }
    const again = { ...culprit, meta: '{"suspect": true}' }

    expect(verdicts('tainted', culprit)).toEqual([CRASH])
    expect(verdicts('tainted', culprit, {})).toEqual(['suspected', 'spared'])
    expect(verdictsOf({ ending: 'tainted', wasUsed: true }, culprit)).toEqual(['suspected'])
    expect(verdictsOf({ ending: 'tainted', wasUsed: true }, again)).toEqual([CRASH])
  })

  test.each(['tainted', 'recycled', 'idle', 'overdue', 'stopped'] as const)(
    'since it was %s costs nobody',
    (ending) => {
      expect(verdicts(ending, { wasCurrent: true }, late)).toEqual(['spared', 'spared'])
    },
  )
})
