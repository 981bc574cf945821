import { run } from './command.ts'

const { text, exitCode } = run(process.argv.slice(2), () => performance.now())
console.log(text)
process.exitCode = exitCode
