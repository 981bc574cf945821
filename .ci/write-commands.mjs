/**
 * Write the help text of each command into its section of docs/commands.md, and a section for a command
 * that has none. Needs what `node .ci/build.mjs` makes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commands } from '../dist/src/cli/commands.js'
import { commandHelp } from '../dist/src/cli/help.js'

const page = fileURLToPath(new URL('../docs/commands.md', import.meta.url))

let text = readFileSync(page, 'utf8')
for (const command of commands) {
  const block = `\`\`\`text\n${commandHelp(command)}\n\`\`\``
  const old = new RegExp(`\`\`\`text\nUsage: oban ${command.name} [\\s\\S]*?\n\`\`\``)
  text = old.test(text)
    ? text.replace(old, () => block)
    : `${text.trimEnd()}\n\n## oban ${command.name}\n\n${block}\n`
}
writeFileSync(page, text)
