import { describe, expect, test } from 'vitest'
import {
  contentType,
  Counter,
  gauge,
  Histogram,
} from '../../docs/examples/prometheus/exposition.ts'
import { useExample } from './example.ts'

const example = useExample('prometheus')

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface Family {
  readonly type: string
  readonly samples: readonly Sample[]
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex
    const match = LABEL.exec(text)
    if (match === null) throw new Error(`no label at ${at} of ${text}`)
    const [, name = '', value = ''] = match
    const meant: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' }
    labels[name] = value.replaceAll(/\\[\\"n]/g, (escaped) => meant[escaped] ?? escaped)
  }

  return labels
}

/** Read the text as the format says it is, or throw: each metric stands together, below its type. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, { type: string; samples: Sample[] }>()
  let current = ''
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') {
      if (families.has(name)) throw new Error(`${name} is there twice`)
      current = name
      families.set(name, { type: '', samples: [] })
    } else if (kind === 'TYPE') {
      families.set(name, { type: rest, samples: [] })
    } else {
      const [, sampled = '', labels = '', value = ''] = SAMPLE.exec(line) ?? []
      const base = families.get(current)
      const isOwn = sampled.replace(/_(bucket|sum|count)$/, '') === current || sampled === current
      if (base === undefined || !isOwn) throw new Error(`not of ${current}: ${line}`)
      const number = value === '+Inf' ? Infinity : Number(value)
      if (Number.isNaN(number)) throw new Error(`no number: ${line}`)
      base.samples.push({ name: sampled, labels: parseLabels(labels), value: number })
    }
  }

  return families
}

describe('the endpoint for Prometheus', () => {
  test('tells what the jobs of a node came to, and how it is', async () => {
    const program = example.run(['dist/server.js'], { PORT: '0' })
    const port = await program.shown(/listening \{.* port: (\d+) \}/)
    const scrape = async () => fetch(`http://127.0.0.1:${port}/metrics`)
    await example.database.query(
      `INSERT INTO oban_jobs (worker, queue, args, max_attempts)
       VALUES ('Resize', 'media', '{"path": "a.png"}', 2), ('Resize', 'media', '{"path": "b.txt"}', 2)`,
    )
    // As Prometheus does, only sooner.
    let text = ''
    while (!text.includes('state="discard"') || !text.includes('state="success"')) {
      const response = await scrape()
      expect(response.headers.get('content-type')).toBe(contentType)
      text = await response.text()
    }
    const families = parse(text)
    const resize = { instance: 'Oban', queue: 'media', worker: 'Resize' }
    const attempts = families.get('oban_attempts_total')

    expect(attempts?.type).toBe('counter')
    expect(new Map(attempts?.samples.map(({ labels, value }) => [labels['state'], value]))).toEqual(
      new Map([
        ['success', 1],
        ['failure', 1],
        ['discard', 1],
      ]),
    )
    expect(attempts?.samples[0]?.labels).toMatchObject(resize)
    const durations = families.get('oban_attempt_duration_seconds')?.samples ?? []
    expect(durations.at(-1)).toEqual({
      name: 'oban_attempt_duration_seconds_count',
      labels: resize,
      value: 3,
    })
    expect(families.get('oban_up')?.samples).toEqual([
      { name: 'oban_up', labels: { instance: 'Oban' }, value: 1 },
    ])
    expect(families.get('oban_queue_limit')?.samples).toEqual([
      { name: 'oban_queue_limit', labels: { instance: 'Oban', queue: 'media' }, value: 10 },
    ])
    expect(families.get('oban_queue_jobs')?.samples).toHaveLength(2)

    program.signal('SIGTERM')
    expect(await program.ended).toMatchObject({ code: 0 })
  }, 60_000)
})

describe('the exposition format', () => {
  test('keeps labels with any text apart', () => {
    const counter = new Counter('jobs_total', 'Jobs,\nby \\ queue.')
    const odd = 'a "b" \\ c\nd, e="f"} 5'
    counter.add({ queue: odd, state: 'x' })
    counter.add({ state: 'x', queue: odd }, 2)
    counter.add({ queue: 'plain', state: 'x' })
    const text = String(counter)

    expect(text.split('\n')[0]).toBe('# HELP jobs_total Jobs,\\nby \\\\ queue.')
    expect(parse(text).get('jobs_total')?.samples).toEqual([
      { name: 'jobs_total', labels: { queue: odd, state: 'x' }, value: 3 },
      { name: 'jobs_total', labels: { queue: 'plain', state: 'x' }, value: 1 },
    ])
  })

  test('has buckets that add up', () => {
    const histogram = new Histogram('took_seconds', 'How long it took.', [0.1, 1])
    for (const value of [0.1, 0.5, 3]) histogram.observe({}, value)
    const samples = parse(String(histogram)).get('took_seconds')?.samples

    expect(samples?.map(({ name, labels, value }) => [name, labels['le'], value])).toEqual([
      ['took_seconds_bucket', '0.1', 1],
      ['took_seconds_bucket', '1', 2],
      ['took_seconds_bucket', '+Inf', 3],
      ['took_seconds_sum', undefined, 3.6],
      ['took_seconds_count', undefined, 3],
    ])
  })

  test('says nothing of what is not known', () => {
    expect(gauge('depth', 'Jobs.', [[{}, null]])).toBe('')
  })
})
