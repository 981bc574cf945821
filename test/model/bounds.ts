/** The bounds that the suite explores: as one would type them after `npm run model --`. */
import type { Rule } from './protocol/rules.ts'

/** Each holds, and is explored to the end. */
export const holding: readonly string[] = [
  '',
  '--jobs 2',
  '--outcomes snoozed,failed --claims 2 --producers 1',
  '--cancels 1 --claims 2',
  '--faults kill --claims 2',
  '--faults lose,late --outcomes snoozed --claims 2',
  '--faults outage,crash --claims 2',
  '--faults pause --claims 1 --producers 1',
  '--faults cut --claims 2 --producers 1',
  '--faults restart,stop --claims 1',
  '--faults late,restart --max-faults 2 --nodes 1',
]

/** For each rule the bounds within which its absence shows, and what it breaks. */
export const failing: Readonly<Record<Rule, readonly [bounds: string, property: string]>> = {
  'live-row-check': [
    '--faults late,kill --in-order --claims 1 --producers 1',
    'a job is executing under a producer without a row',
  ],
  'live-row-lock': [
    '--faults late,kill --in-order --claims 1 --producers 1',
    'a job is executing under a producer without a row',
  ],
  'two-statement-delete': [
    '--faults restart --nodes 1',
    'a job is executing under a producer without a row',
  ],
  'look-again': [
    '--faults pause --claims 1 --producers 1',
    'a job started that belonged to others',
  ],
  'look-gap': ['--faults outage', 'a producer was declared dead whose node had done all it could'],
  rescue: [
    '--faults kill --claims 1 --producers 1',
    'the goal is out of reach without further faults',
  ],
  abandoned: [
    '--faults kill,lock --in-order --claims 1 --producers 1',
    'the goal is out of reach without further faults',
  ],
  lease: ['--faults pause --claims 1 --producers 1', 'a job started that belonged to others'],
  'lease-from-sending': [
    '--faults pause --claims 1 --producers 1',
    'a job started that belonged to others',
  ],
  'durable-beats': [
    '--faults pause,crash --in-order --claims 1 --producers 1',
    'a job started that belonged to others',
  ],
  'give-back': [
    '--faults lose --claims 1 --producers 1',
    'the goal is out of reach without further faults',
  ],
  'no-fetch-open': ['', 'a job started that belonged to others'],
  'no-fetch-since': ['', 'a job started that belonged to others'],
  'claim-fence': ['--outcomes snoozed', 'an attempt was miscounted'],
  'owner-fence': [
    '--faults cut --claims 2 --producers 1',
    'a job started after its acknowledgement had landed',
  ],
  'abort-missing': [
    '--cancels 1 --claims 1 --producers 1',
    'a job started that belonged to others',
  ],
  'heed-early-signal': ['--cancels 1', 'a run started that its node had been asked to end'],
  'aborts-first': ['--cancels 1', 'a run started that its node had been asked to end'],
  'retry-hold': ['--cancels 1', 'a job started that belonged to others'],
  'threads-end-first': ['--faults restart', 'two bodies of one job ran at a time'],
}
