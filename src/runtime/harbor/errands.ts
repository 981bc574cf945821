/** Errands of an instance, whose end it waits for: what they had cut short has ended on the server then. */
import { errand, type ErrandDb, type ErrandOptions } from '../../engine/errand.ts'
import type { Runtime } from '../runtime.ts'

export async function sendErrand<Result>(
  { config, errands }: Pick<Runtime, 'config' | 'errands'>,
  options: Omit<ErrandOptions, 'prefix'>,
  work: (db: ErrandDb) => Promise<Result>,
): Promise<Result> {
  const sent = errand({ ...options, prefix: config.prefix }, work)
  errands.add(sent)
  try {
    return await sent
  } finally {
    errands.delete(sent)
  }
}
