/** What the jobs of a load are to do, which of them, and how each has to end. */
import { defineJob, typed, type NewJobRequest } from '../../src/index.ts'

/** How a job brings its thread down. */
const CRASHES = ['exit', 'throw', 'reject'] as const

export const Plain = defineJob({ name: 'Load.Plain', args: typed<{ readonly ms: number }>() })
export const Fails = defineJob({ name: 'Load.Fails' })
export const Snoozes = defineJob({ name: 'Load.Snoozes' })
export const Crashes = defineJob({
  name: 'Load.Crashes',
  args: typed<{ readonly how: (typeof CRASHES)[number] }>(),
})

/** How the rows of a worker must look in the end, and how many there are. */
export interface Ending {
  readonly worker: string
  readonly state: string
  readonly attempt: number
  readonly errors: number
  readonly snoozed: number
  readonly count: number
}

/** Of a hundred jobs one fails once and one snoozes once; of a thousand one crashes once. */
function workerOf(index: number): 'Crashes' | 'Fails' | 'Plain' | 'Snoozes' {
  if (index % 1_000 === 3) return 'Crashes'
  if (index % 100 === 1) return 'Fails'
  if (index % 100 === 2) return 'Snoozes'

  return 'Plain'
}

function request(index: number, queue: string): NewJobRequest {
  switch (workerOf(index)) {
    case 'Crashes':
      return Crashes.new({ how: CRASHES[Math.floor(index / 1_000) % 3] ?? 'exit' }, { queue })
    case 'Fails':
      return Fails.new({}, { queue })
    case 'Snoozes':
      return Snoozes.new({}, { queue })
    case 'Plain':
      // Every other one lets go of its thread, so that a crash has bystanders.
      return Plain.new({ ms: index % 2 }, { queue })
  }
}

/** The jobs of a load, one after the other: a million of them need not be in memory at once. */
export function* requests(count: number, queue: string): Generator<NewJobRequest> {
  for (let index = 0; index < count; index += 1) yield request(index, queue)
}

/** How a load of so many jobs must end, by worker. */
export function endings(count: number): Ending[] {
  const counts = { Crashes: 0, Fails: 0, Plain: 0, Snoozes: 0 }
  for (let index = 0; index < count; index += 1) counts[workerOf(index)] += 1
  const ended = { state: 'completed', attempt: 1, errors: 0, snoozed: 0 }

  return [
    { ...ended, worker: Crashes.name, attempt: 2, errors: 1, count: counts.Crashes },
    { ...ended, worker: Fails.name, attempt: 2, errors: 1, count: counts.Fails },
    { ...ended, worker: Plain.name, count: counts.Plain },
    { ...ended, worker: Snoozes.name, snoozed: 1, count: counts.Snoozes },
  ].filter((ending) => ending.count > 0)
}
