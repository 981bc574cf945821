/** What the examples of a deployment start is started here, without the machinery around it. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { sourceOf, useExample } from './example.ts'

const read = (path: string) => readFileSync(sourceOf(path), 'utf8')
const dockerfile = read('docker/Dockerfile')
const compose = read('docker/compose.yaml')
const unit = read('systemd/oban.service')
const worker = read('kubernetes/worker.yaml')
const installing = read('kubernetes/install-job.yaml')

/** A list of YAML in one line, or the JSON of a Dockerfile. */
function listAfter(key: string, text: string): string[] {
  const [, items = ''] = new RegExp(String.raw`^ *${key}:? \[(.*)\]$`, 'm').exec(text) ?? []

  return items.split(', ').map((item) => item.replaceAll(/^['"]|['"]$/g, ''))
}

const [, execStart = ''] = /^ExecStart=\/usr\/bin\/node (.*)$/m.exec(unit) ?? []
const [, ...containerCommand] = listAfter('command', worker)

const starts = {
  'the image': listAfter('CMD', dockerfile.split('ENTRYPOINT')[1] ?? ''),
  'the unit of systemd': execStart.split(' '),
  Kubernetes: [...containerCommand, ...listAfter('args', worker)],
}

const example = useExample('express')
const patience = 60_000

describe('deployment', { timeout: patience }, () => {
  test.each(Object.entries(starts))(
    '%s starts a node that answers probes and ends well',
    async (_name, args) => {
      // The port is taken where the tests run; any will do.
      const port = args.indexOf('--health-port')
      const program = example.run(
        args.map((arg, index) =>
          index === port + 1 && port >= 0
            ? '0'
            : arg.replace('--health-port=8080', '--health-port=0'),
        ),
      )
      const url = await program.shown(/answers .* at (http:\/\/[^"\s]+)/)
      const base = url.replace('0.0.0.0', '127.0.0.1')
      await program.shown(/is up/)
      expect((await fetch(`${base}/live`)).status).toBe(200)
      expect((await fetch(`${base}/ready`)).status).toBe(200)
      const check = example.run(healthCheck(), { HEALTH_URL: `${base}/live` })
      expect(await check.ended).toMatchObject({ code: 0, stderr: '' })
      program.signal('SIGTERM')

      expect(await program.ended).toMatchObject({ code: 0 })
      const late = example.run(healthCheck(), { HEALTH_URL: `${base}/live` })
      expect(await late.ended).toMatchObject({ code: 1 })
    },
  )

  test('creates tables before nodes start', async () => {
    const [, ...command] = listAfter('command', installing)
    const args = [...command, ...listAfter('args', installing)]
    expect(await example.run(args).ended).toMatchObject({ code: 0 })
    expect(listAfter('command', compose)).toEqual(args)
  })
})

test('a node has more time to end than its grace', () => {
  const times = [
    /stop_grace_period: (\d+)s/.exec(compose),
    /^TimeoutStopSec=(\d+)$/m.exec(unit),
    /terminationGracePeriodSeconds: (\d+)$/m.exec(worker),
  ].map((found) => Number(found?.[1]))

  expect(times).toEqual([30, 30, 30])
})

test('probes ask for what a node answers', () => {
  const asked = [...worker.matchAll(/(\w+)Probe:\n +httpGet:\n +path: (\S+)\n +port: (\S+)/g)]

  expect(asked.map(([, probe, path, port]) => [probe, path, port])).toEqual([
    ['startup', '/live', 'health'],
    ['liveness', '/live', 'health'],
    ['readiness', '/ready', 'health'],
  ])
  expect(worker).toContain('- name: health\n              containerPort: 8080\n')
})

const analyze = '/usr/bin/systemd-analyze'

test.skipIf(!existsSync(analyze) || !existsSync('/usr/bin/node'))(
  'systemd finds nothing wrong with the unit',
  async () => {
    const { stderr } = await promisify(execFile)(analyze, [
      'verify',
      sourceOf('systemd/oban.service'),
    ])

    expect(stderr).toBe('')
  },
)

function healthCheck(): string[] {
  const [, json = '[]'] = /^HEALTHCHECK.*\n +CMD (.*)$/m.exec(dockerfile) ?? []
  const [, ...args]: string[] = JSON.parse(json)

  return args
}
