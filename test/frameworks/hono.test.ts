import { describeAccounts } from './accounts.ts'

describeAccounts('hono')
