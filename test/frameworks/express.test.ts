import { describeAccounts } from './accounts.ts'

describeAccounts('express')
