/**
 * Counters, histograms and gauges in the text format of Prometheus.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export type Labels = Readonly<Record<string, string>>

/** What a response with the text has to say of itself. */
export const contentType = 'text/plain; version=0.0.4; charset=utf-8'

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)

  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function formatNumber(value: number): string {
  if (value === Infinity) return '+Inf'

  return value === -Infinity ? '-Inf' : String(value)
}

function sample(name: string, labels: Labels, value: number): string {
  return `${name}${formatLabels(labels)} ${formatNumber(value)}`
}

/** A metric: all of its samples stand together, below what it is. */
function family(name: string, type: string, help: string, samples: readonly string[]): string {
  if (samples.length === 0) return ''

  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${samples.join('\n')}\n`
}

/** Labels in the order of their names, so that the same ones are the same key. */
function sorted(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}

/** Counts what happens; its name ends in `_total`. */
export class Counter {
  readonly #name: string
  readonly #help: string
  readonly #values = new Map<string, number>()

  constructor(name: string, help: string) {
    this.#name = name
    this.#help = help
  }

  add(labels: Labels, by = 1): void {
    const key = JSON.stringify(sorted(labels))
    this.#values.set(key, (this.#values.get(key) ?? 0) + by)
  }

  toString(): string {
    const samples = [...this.#values].map(([key, value]) =>
      sample(this.#name, JSON.parse(key), value),
    )

    return family(this.#name, 'counter', this.#help, samples)
  }
}

interface Distribution {
  /** How many were at most as large as each bound; the last bound is infinite. */
  readonly counts: number[]
  sum: number
}

/** Shows how large what is measured was; its name ends in the unit. */
export class Histogram {
  readonly #name: string
  readonly #help: string
  readonly #bounds: readonly number[]
  readonly #distributions = new Map<string, Distribution>()

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name
    this.#help = help
    this.#bounds = [...bounds, Infinity]
  }

  observe(labels: Labels, value: number): void {
    const key = JSON.stringify(sorted(labels))
    const distribution = this.#distributions.get(key) ?? {
      counts: this.#bounds.map(() => 0),
      sum: 0,
    }
    this.#distributions.set(key, distribution)
    for (const [index, bound] of this.#bounds.entries()) {
      if (value <= bound) distribution.counts[index] = (distribution.counts[index] ?? 0) + 1
    }
    distribution.sum += value
  }

  toString(): string {
    const samples = [...this.#distributions].flatMap(([key, { counts, sum }]) => {
      const labels: Labels = JSON.parse(key)
      const buckets = this.#bounds.map((bound, index) =>
        sample(`${this.#name}_bucket`, { ...labels, le: formatNumber(bound) }, counts[index] ?? 0),
      )

      return [
        ...buckets,
        sample(`${this.#name}_sum`, labels, sum),
        sample(`${this.#name}_count`, labels, counts.at(-1) ?? 0),
      ]
    })

    return family(this.#name, 'histogram', this.#help, samples)
  }
}

/** What is now. */
export function gauge(
  name: string,
  help: string,
  values: ReadonlyArray<readonly [labels: Labels, value: number | null]>,
): string {
  // What is not known has no sample.
  const samples = values.flatMap(([labels, value]) =>
    value === null ? [] : [sample(name, labels, value)],
  )

  return family(name, 'gauge', help, samples)
}
