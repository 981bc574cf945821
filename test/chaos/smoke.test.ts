import { describe } from 'vitest'
import { testLifeline } from './lifeline.ts'
import { testRough } from './rough.ts'
import { testTakeover } from './takeover.ts'
import { testThreeNodes } from './three-nodes.ts'

// One file, so that they wait together on machines that run one file at a time.
describe.concurrent('chaos', () => {
  testThreeNodes()
  testRough()
  testTakeover()
  testLifeline()
})
