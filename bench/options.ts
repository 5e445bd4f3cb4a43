/** Numbers of the command line. */

/** @throws {Error} For anything but a whole number from `least`. */
export function whole(text: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`a whole number from ${least} is expected, not "${text}"`)
}
