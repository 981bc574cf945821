/** Spreads what is too much for one notification over several. */
import { encodeAny, MOST_BYTES } from './encoding.ts'

/**
 * The payloads of as many messages as are needed to carry all items.
 *
 * @param wrap - makes the message that carries some of the items
 * @param shrink - makes an item smaller that does not fit by itself; undefined leaves it out
 */
export function pack<Item>(
  items: readonly Item[],
  wrap: (items: readonly Item[]) => object,
  shrink: (item: Item) => Item | undefined = () => undefined,
): string[] {
  const [first, ...rest] = items
  if (first === undefined) return []
  const payload = encodeAny(wrap(items))
  if (payload.length <= MOST_BYTES) return [payload]
  if (rest.length === 0) {
    const smaller = shrink(first)

    return smaller === undefined ? [] : pack([smaller], wrap, shrink)
  }
  const half = Math.ceil(items.length / 2)

  return [...pack(items.slice(0, half), wrap, shrink), ...pack(items.slice(half), wrap, shrink)]
}
