/** Published as `oban-ts/testing/vitest`: the matchers, and vitest's types for them. Loads no vitest. */
// oxlint-disable-next-line import/no-empty-named-blocks, unicorn/require-module-specifiers -- only what is imported can be declared anew
import type {} from 'vitest'
import type { ObanMatchers } from './matchers.ts'

export { matchers } from './matchers.ts'
export type { ObanMatchers } from './matchers.ts'

declare module 'vitest' {
  interface Matchers<T> extends ObanMatchers<void> {}
}
