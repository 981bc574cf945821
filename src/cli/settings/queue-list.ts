/** Reads a list of queues, `default:10,media`, as options and variables give it. */
import type { ObanOptions, QueueOptions } from '../../config/options.ts'
import { writePath } from '../../config/input.ts'

type Queues = NonNullable<ObanOptions['queues']>

interface Entry {
  readonly name: string
  /** Where problems with it are told of. */
  readonly path: string
  readonly queue: QueueOptions | number
  /** Where what it says stands: in the list, in the file, or a limit here and the rest there. */
  readonly origin: 'both' | 'file' | 'list'
}

export interface QueueList {
  readonly entries: readonly Entry[]
  /** What is wrong with the entries that are left out. */
  readonly problems: readonly string[]
}

/** Each queue with the options that the file has for it, and the limit if one is given. */
export function readQueues(list: string, file: Queues): QueueList {
  const entries = new Map<string, Entry>()
  const problems: string[] = []
  for (const text of list.split(',').map((part) => part.trim())) {
    const entry = readQueue(text, file)
    if (entry === undefined) {
      problems.push(`expected name:limit,name:limit; "${text}" has no limit, here or in the file`)
    } else if (entries.has(entry.name)) {
      problems.push(`expected each queue once; "${entry.name}" is there twice`)
    } else {
      entries.set(entry.name, entry)
    }
  }

  return { entries: [...entries.values()], problems }
}

function readQueue(text: string, file: Queues): Entry | undefined {
  const [, name = '', digits] = /^(.+?)(?::(\d+))?$/.exec(text) ?? []
  const path = writePath(['queues', name])
  const known = Object.hasOwn(file, name) ? file[name] : undefined
  if (digits === undefined) {
    return known === undefined ? undefined : { name, path, queue: known, origin: 'file' }
  }
  const limit = Number(digits)

  return typeof known === 'object'
    ? { name, path, queue: { ...known, limit }, origin: 'both' }
    : { name, path, queue: limit, origin: 'list' }
}
