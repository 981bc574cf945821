/** Published as `oban-ts/testing/jest`: the matchers, and jest's types for them. Loads no jest. */
// oxlint-disable-next-line import/no-empty-named-blocks, unicorn/require-module-specifiers -- only what is imported can be declared anew
import type {} from 'expect'
import type { ObanMatchers } from './matchers.ts'

export { matchers } from './matchers.ts'
export type { ObanMatchers } from './matchers.ts'

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T> extends ObanMatchers<R> {}
}
