import { expect, test } from 'vitest'
import { explainSilence, type Silence } from '../../../src/cli/tree/silence.ts'

const living = [
  { name: 'Oban', node: 'web-1', queue: 'default', age: '4' },
  { name: 'Oban', node: 'web-1', queue: 'media', age: '3' },
]
const explain = (facts: Partial<Silence>) =>
  explainSilence({
    living,
    prefix: 'public',
    isHearing: true,
    unreadable: 0,
    node: undefined,
    ...facts,
  }).join('\n')

test('blames a pooler when we do not hear ourselves', () => {
  expect(explain({ isHearing: false })).toContain('pooler in transaction mode')
})

test('doubts that a node runs when no heart beats', () => {
  expect(explain({ living: [] })).toContain('No node has shown life in schema "public"')
})

test('lists who should have answered', () => {
  const lines = explain({})
  expect(lines).toMatch(/^These show life/)
  expect(lines).toContain('  web-1 (Oban): default, media; last heartbeat 3 s ago')
})

test('says that there is no such node', () => {
  expect(explain({ node: 'web-2' })).toMatch(/^There is no node "web-2". These show life/)
  expect(explain({ node: 'web-1' })).toMatch(/^These show life/)
})

test('suspects another release when answers cannot be read', () => {
  expect(explain({ unreadable: 1 })).toMatch(/^Something answered that this release cannot read/)
})
