/** Examinations of databases that a test has put into a bad state. */
import { checks, examine } from '../../../src/cli/doctor/examination.ts'
import type { Finding } from '../../../src/cli/doctor/finding.ts'

export interface Examined {
  /** What a check came to. */
  readonly of: (id: string) => Pick<Finding, 'found' | 'result' | 'todo'>
  readonly leftOut: readonly string[]
  /** Ids of the checks that came to a result. */
  readonly with: (result: Finding['result']) => string[]
}

export async function examined(url: string, prefix = 'public'): Promise<Examined> {
  const { findings, leftOut } = await examine({ connect: { connectionString: url }, prefix })

  return {
    of(id) {
      const found = findings.find((finding) => finding.id === id)
      if (found === undefined) {
        const known = checks.some((check) => check.id === id)
        throw new Error(known ? `${id} was left out` : `there is no check ${id}`)
      }
      const { result, todo } = found

      return { result, found: found.found, todo }
    },
    leftOut,
    with: (result) => findings.filter((finding) => finding.result === result).map(({ id }) => id),
  }
}
