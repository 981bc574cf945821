/** What every command has in common, whichever there are. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { folderWith } from '../support/folder-with.ts'
import { startProgram } from '../support/program.ts'

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

function oban(args: readonly string[], cwd?: string) {
  return startProgram([main, ...args], { ...(cwd !== undefined && { cwd }) }).ended
}

// Node.js starts, on a machine that does much else.
const patience = 60_000

describe.each([...commands])('oban $name', { timeout: patience }, (command) => {
  const { name, summary, options, examples = [] } = command

  test('has a help text with its options, variables, exit codes and examples', async () => {
    const { code, stdout, stderr } = await oban([name, '--help'])
    const variables = Object.values(options).flatMap(({ variable }) => variable ?? [])

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(new RegExp(`^Usage: oban ${name} \\[options\\]`))
    expect(stdout).toContain(summary)
    for (const option of Object.keys(options))
      expect(stdout).toMatch(new RegExp(`^  --${option}\\s`, 'm'))
    for (const variable of variables) expect(stdout).toMatch(new RegExp(`^  ${variable}\\s`, 'm'))
    for (const exit of ['0', '1', '2', '130, 143']) expect(stdout).toContain(`\n  ${exit} `)
    expect(examples.length).toBeGreaterThan(0)
    for (const { line } of examples) {
      expect(line).toContain(`oban ${name}`)
      expect(stdout).toContain(`\n  ${line}\n`)
    }
    expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([])
  })

  test('refuses an option that it does not have, and says which was meant', async () => {
    const [option = 'help'] = Object.keys(options)
    const misspelt = `${option.slice(0, 1)}${option.slice(2)}`

    expect(await oban([name, `--${misspelt}`])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `oban: unknown option "--${misspelt}"; did you mean "--${option}"?\n` +
        `Run "oban ${name} --help" for what it takes.\n`,
    })
  })

  test.runIf('config' in options)('reports a wrong configuration, as JSON when asked', async () => {
    const folder = folderWith('oban.config.mjs', "export default { prefx: 'a', name: 5 }")
    const { code, stdout, stderr } = await oban(
      [name, ...('json' in options ? ['--json'] : [])],
      folder,
    )

    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(
        'name: expected a name of 1 to 127 characters, found 5 (from oban.config.mjs)',
      ),
    ])
    if ('json' in options) {
      expect(JSON.parse(stdout)).toEqual([
        {
          path: 'name',
          message: 'expected a name of 1 to 127 characters, found 5',
          expected: 'a name of 1 to 127 characters',
          found: '5',
          source: 'oban.config.mjs',
        },
        {
          path: 'prefx',
          message: expect.stringMatching(/^is not an option; there are /),
          suggestion: 'prefix',
          source: 'oban.config.mjs',
        },
      ])
    }
  })
})

describe('oban', { timeout: patience }, () => {
  test.each(['stdout', 'stderr'] as const)(
    'minds no reader of %s that has gone',
    async (stream) => {
      const args = stream === 'stdout' ? ['--help'] : ['dance']
      const child = spawn(process.execPath, [main, ...args])
      child[stream].destroy()
      let other = ''
      for (const readable of [child.stdout, child.stderr]) {
        readable.setEncoding('utf8').on('data', (text: string) => {
          other += text
        })
      }
      const code = await new Promise((resolve) => child.on('close', resolve))

      expect([code, other]).toEqual([stream === 'stdout' ? 0 : 2, ''])
    },
  )
})
