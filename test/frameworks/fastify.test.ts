import { describeAccounts, usual } from './accounts.ts'

describeAccounts('fastify', {
  ...usual,
  listening: /Server listening at http:\/\/127\.0\.0\.1:(\d+)/,
})
