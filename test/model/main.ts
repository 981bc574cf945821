import { run } from './command.ts'

const { text, exitCode } = run(process.argv.slice(2), () => performance.now())
// What is wrong with the options is no result.
if (exitCode === 2) console.error(text)
else console.log(text)
process.exitCode = exitCode
