import type { Rate } from '../settings-kinds.ts'
import { boundedWindows } from './windows.ts'

export interface Verdict {
  readonly allowed: boolean
  /** How many more are allowed in this window. */
  readonly remaining: number
  /** Until the window ends; whole seconds, at least 1. */
  readonly resetSeconds: number
}

export interface Limiter {
  /** What is counted, for the header: `address`, `key`, `phone`, `register`, `wrong_key`. */
  readonly name: string
  readonly rate: Rate
  /** The limit itself, as `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10 §3). */
  readonly policy: string
  /** Counts one for `key`, or `count`; 0 only looks. A promise only where others must be asked. */
  take(key: string, count?: number): Verdict | Promise<Verdict>
}

/** One that asks nobody. */
export interface LocalLimiter extends Limiter {
  take(key: string, count?: number): Verdict
}

/**
 * Counts in windows that begin with a key's first request: `rate.limit` in each. Only one process is
 * counted.
 *
 * @param now Milliseconds of a clock that is never set back.
 */
export function memoryLimiter(
  name: string,
  rate: Rate,
  now: () => number,
  maxKeys?: number,
): LocalLimiter {
  const windows = boundedWindows<{ count: number; endsAt: number }>(maxKeys)
  const windowMs = rate.windowSeconds * 1000

  return {
    name,
    rate,
    policy: policyOf(name, rate),
    take(key, count = 1) {
      const at = now()
      const window =
        windows.get(key, at) ?? windows.begin(key, { count: 0, endsAt: at + windowMs }, at)
      window.count += count
      return {
        allowed: window.count <= rate.limit,
        remaining: Math.max(0, rate.limit - window.count),
        resetSeconds: secondsUntil(window.endsAt, at),
      }
    },
  }
}

export const policyOf = (name: string, { limit, windowSeconds }: Rate): string =>
  `"${name}";q=${limit};w=${windowSeconds}`

export const secondsUntil = (endsAt: number, at: number): number =>
  Math.max(1, Math.ceil((endsAt - at) / 1000))

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10 §3, §4). */
export function limitHeaders({ name, policy }: Limiter, { remaining, resetSeconds }: Verdict) {
  return {
    'ratelimit-policy': policy,
    ratelimit: `"${name}";r=${remaining};t=${resetSeconds}`,
  }
}
