import { describe, expect, test } from 'vitest'
import { describe as tell, run } from './command.ts'
import { faults, rules } from './protocol/rules.ts'

const still = () => 0

function ran(line: string) {
  return run(line.split(' '), still)
}

describe('the command', () => {
  test('tells how much it has explored, and that nothing was found', () => {
    const { text, exitCode } = ran('--nodes 1 --claims 1 --producers 1')
    const [figures, end] = text.split('\n')

    expect(figures).toMatch(/^\d+ states, \d+ steps, depth \d+, 0\.0 s, \d+ states\/s$/)
    expect(end).toBe('no violation: every state within the bounds was explored')
    expect(exitCode).toBe(0)
  })

  test('tells the shortest way to a violation', () => {
    const { text, exitCode } = ran('--nodes 1 --without aborts-first --cancels 1')

    expect(text.split('\n').slice(1)).toEqual([
      'violation: a run started that its node had been asked to end',
      '   1. node 1 sends a fetch',
      '   2. the fetch of node 1 claims job 1',
      '   3. node 1 has the answer: job 1 (claim 1)',
      '   4. job 1 is cancelled',
      '   5. node 1 hears that job 1 (claim 1) is cancelled',
      '   6. node 1 starts the body of job 1 (claim 1)',
    ])
    expect(exitCode).toBe(1)
  })

  test('says so when it has not explored everything', () => {
    const some = { states: 1, steps: 0, depth: 0, seconds: 2, violation: undefined }

    expect(tell({ ...some, end: 'time' })).toContain('the time was over')
    expect(tell({ ...some, end: 'states' })).toContain('there are more than')
  })

  test('lists rules and faults', () => {
    const { text, exitCode } = ran('--list')
    const missing = [...Object.keys(rules), ...Object.keys(faults)].filter(
      (name) => !text.includes(`  ${name} `),
    )

    expect([missing, exitCode]).toEqual([[], 0])
  })

  test.each([
    ['--faults kil', '--faults: there is no "kil"; there are kill, pause,'],
    ['--without leases', '--without: there is no "leases"; there are live-row-check,'],
    ['--outcomes lost', '--outcomes: there is no "lost"; there are failed, snoozed'],
    ['--nodes 4', '--nodes takes a whole number from 1 to 3, not "4"'],
    ['--max-faults 2', '--max-faults needs the kinds of faults: --faults kill,pause'],
    ['--faults kill --in-order --max-faults 2', '--in-order takes each of --faults once'],
    ['--nods 2', "Unknown option '--nods'"],
  ])('refuses %s', (line, complaint) => {
    const { text, exitCode } = ran(line)

    expect(text).toContain(`model: ${complaint}`)
    expect(text).toContain('usage: npm run model -- [options]')
    expect(exitCode).toBe(2)
  })
})
