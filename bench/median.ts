/** @returns NaN for nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (i: number) => sorted[i] ?? Number.NaN
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2
}
