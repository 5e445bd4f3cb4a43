/** Times as people write and read them on the command line. Epoch milliseconds inside. */
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'

const UNITS = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/

/**
 * The time that an option names: so long `before` or `after` now (`90s`, `15m`, `1h`, `7d`, `2w`),
 * or itself in RFC 3339, a day alone at 00:00 UTC.
 *
 * @throws {CliError} With the usage code.
 */
export function readTime(
  flag: string,
  text: string,
  side: 'before' | 'after',
  now: number,
): number {
  const [, count, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  const length = UNITS.find(([name]) => name === unit)?.[1]
  const distance = length === undefined ? undefined : Number(count) * length
  const at =
    distance === undefined ? timeOf(text) : now + (side === 'before' ? -distance : distance)
  // Beyond the year 9999 a time is no longer RFC 3339.
  if (at >= 0 && at < 253_402_300_800_000) return at
  throw new CliError(EXIT.usage, `${flag} is no time: "${text}"`, {
    from: flag,
    remedy: 'give a length (90s, 15m, 1h, 7d, 2w) or a time as 2026-11-22T12:00:00Z',
  })
}

/**
 * The whole seconds of a length of time as `10s`, `5m` or `1h`.
 *
 * @throws {CliError} With the usage code.
 */
export function readSeconds(
  flag: string,
  text: string,
  [least, most]: readonly [number, number],
): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const length = UNITS.find(([name]) => name === unit)?.[1]
  const seconds = (Number(count) * (length ?? Number.NaN)) / 1000
  if (seconds >= least && seconds <= most) return seconds
  throw new CliError(EXIT.usage, `${flag} must be a length of ${least}s to ${most}s`, {
    from: `${flag} ${text}`,
    remedy: 'give it as 10s, 5m or 1h',
  })
}

/** NaN for what is no time. */
function timeOf(text: string): number {
  const at = Date.parse(TIME.test(text) ? text : '')
  // Date.parse takes the 30th of February for the 2nd of March.
  const day = text.slice(0, 10)
  return Number.isNaN(at) || new Date(day).toISOString().startsWith(day) ? at : Number.NaN
}

/** `3m ago`, `in 2d`, `now`. */
export function relative(at: number, now: number): string {
  const distance = Math.abs(at - now)
  const [unit, length] = UNITS.find(([name, ms]) => name !== 'w' && distance >= ms) ?? []
  if (length === undefined) return 'now'
  const span = `${Math.floor(distance / length)}${unit}`
  return at < now ? `${span} ago` : `in ${span}`
}

/** How a table shows an RFC 3339 time; `-` where there is none. */
export function timeCell(time: string | null, now: number, utc: boolean): string {
  if (time === null) return '-'
  const distance = relative(Date.parse(time), now)
  return utc ? `${time} (${distance})` : distance
}
