/** Numbers over time as a row of bars. */

const BARS = '▁▂▃▄▅▆▇█'

/**
 * The latest values, the newest at the right, the largest of them as high as a bar gets.
 *
 * Nothing is the lowest bar, and whatever is more is higher: a trickle must not look like a standstill. A
 * value that is not known is a gap.
 *
 * @param width - cells, all of which are filled
 */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const shown = values.slice(Math.max(0, values.length - width))
  const most = Math.max(0, ...shown.map((value) => value ?? 0))
  const bars = shown.map((value) => {
    if (value === undefined) return ' '
    if (value <= 0) return BARS.charAt(0)

    return BARS.charAt(Math.max(1, Math.round((value / most) * (BARS.length - 1))))
  })

  return bars.join('').padStart(width)
}
