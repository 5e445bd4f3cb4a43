import type { Rate } from '../settings-kinds.ts'

export interface Verdict {
  readonly allowed: boolean
  /** How many more are allowed in this window. */
  readonly remaining: number
  /** Until the window ends; whole seconds, at least 1. */
  readonly resetSeconds: number
}

export interface Limiter {
  /** What is counted, for the header: `address`, `key`, `phone`, `wrong_key`. */
  readonly name: string
  readonly rate: Rate
  /** The limit itself, as `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10 §3). */
  readonly policy: string
  /** Counts one for `key`, or `count`; 0 only looks. */
  take(key: string, count?: number): Verdict
}

interface Window {
  count: number
  endsAt: number
}

/**
 * Counts in windows that begin with a key's first request: `rate.limit` in each.
 *
 * Keeps at most `maxKeys` windows and no timers: they all last equally long, so the oldest in the
 * map is always the first to end, and each new window clears away what has ended before it. Only
 * one process is counted.
 *
 * @param now Milliseconds of a clock that is never set back.
 */
export function memoryLimiter(
  name: string,
  rate: Rate,
  now: () => number,
  maxKeys = 100_000,
): Limiter {
  const windows = new Map<string, Window>()
  const windowMs = rate.windowSeconds * 1000
  // One iterator that goes on where it stopped. A new one for each call would walk over every entry
  // that was deleted before it, some 100 us in a full map.
  let oldestFirst = windows.entries()
  let oldest = oldestFirst.next()

  function clearEnded(at: number): void {
    for (;;) {
      if (oldest.done) {
        if (windows.size === 0) return
        oldestFirst = windows.entries()
      } else {
        const [key, window] = oldest.value
        // Another window under this key means that it began again, further back in the map.
        if (windows.get(key) === window) {
          if (window.endsAt > at && windows.size < maxKeys) return
          windows.delete(key)
        }
      }
      oldest = oldestFirst.next()
    }
  }

  return {
    name,
    rate,
    policy: `"${name}";q=${rate.limit};w=${rate.windowSeconds}`,
    take(key, count = 1) {
      const at = now()
      let window = windows.get(key)
      if (window === undefined || window.endsAt <= at) {
        // Deleted first, so that a key that begins again goes to the end of the map.
        windows.delete(key)
        clearEnded(at)
        window = { count: 0, endsAt: at + windowMs }
        windows.set(key, window)
      }
      window.count += count
      return {
        allowed: window.count <= rate.limit,
        remaining: Math.max(0, rate.limit - window.count),
        resetSeconds: Math.max(1, Math.ceil((window.endsAt - at) / 1000)),
      }
    },
  }
}

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10 §3, §4). */
export function limitHeaders({ name, policy }: Limiter, { remaining, resetSeconds }: Verdict) {
  return {
    'ratelimit-policy': policy,
    ratelimit: `"${name}";r=${remaining};t=${resetSeconds}`,
  }
}
