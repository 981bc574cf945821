/** Remembers where each setting came from, so that a wrong one is corrected where it stands. */
import type { Problem } from '../../errors.ts'

export class Origins {
  readonly #replaced = new Map<string, string>()
  readonly #file: { readonly name: string; readonly keys: ReadonlySet<string> } | undefined

  /** @param file - its name, and what it sets */
  constructor(file: { readonly name: string; readonly options: object } | undefined) {
    this.#file = file && { name: file.name, keys: new Set(Object.keys(file.options)) }
  }

  /** By the path of what was replaced. */
  get replaced(): ReadonlyMap<string, string> {
    return this.#replaced
  }

  /** Something, and all below it, came from a variable or an option. */
  note(path: string, source: string): void {
    this.#replaced.set(path, source)
  }

  /** The same problem, with where its value was given; of one that is missing nothing is known. */
  locate(problem: Problem): Problem {
    const source = problem.source ?? this.#sourceOf(problem.path)

    return source === undefined ? problem : { ...problem, source }
  }

  #sourceOf(path: string): string | undefined {
    let nearest = ''
    for (const known of this.#replaced.keys()) {
      if (isWithin(path, known) && known.length > nearest.length) nearest = known
    }
    if (nearest !== '') return this.#replaced.get(nearest)
    const [key = ''] = path.split(/[.[]/, 1)

    return path === '' || this.#file?.keys.has(key) ? this.#file?.name : undefined
  }
}

function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`) || path.startsWith(`${whole}[`)
}
