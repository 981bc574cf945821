import { describeAccounts } from './accounts.ts'

describeAccounts('fastify', {
  main: ['dist/server.js'],
  listening: /Server listening at http:\/\/127\.0\.0\.1:(\d+)/,
  stopping: /"stopping"/,
})
