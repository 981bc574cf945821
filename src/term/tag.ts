/**
 * The first byte of each term in Erlang's external format.
 *
 * @see https://www.erlang.org/doc/apps/erts/erl_ext_dist.html
 */
export const termTag = {
  newFloat: 70,
  compressed: 80,
  smallInteger: 97,
  integer: 98,
  float: 99,
  atom: 100,
  smallTuple: 104,
  largeTuple: 105,
  nil: 106,
  string: 107,
  list: 108,
  binary: 109,
  smallBig: 110,
  largeBig: 111,
  smallAtom: 115,
  map: 116,
  atomUtf8: 118,
  smallAtomUtf8: 119,
} as const

/** The byte before the outermost term. */
export const termVersion = 131

/** Bytes of the largest value, as in oban-py; far below what a jsonb string holds. */
export const maxTermBytes = 64_000_000

/** Deeper values would overflow the stack of those who read them by recursion, as we do. */
export const maxTermDepth = 1_000

/** A few kilobytes, compressed, may claim tens of millions of them, of which each is an object of ours. */
export const maxTermValues = 5_000_000
