export interface Breaker {
  /** Whether to ask now. While nobody should, one after the other may try. */
  mayAsk(): boolean
  answered(): void
  /** Whether this was the silence after which nobody asks for a while. */
  silent(): boolean
}

/**
 * Who does not answer is not asked for a while, so that not every request waits for it. Only silence
 * counts, and only in a row: a bad answer about one name says nothing about the others.
 *
 * @param monotonic Milliseconds of a clock that is never set back.
 */
export function breaker(trips: number, restMs: number, monotonic: () => number): Breaker {
  let silences = 0
  let restsUntil = 0

  return {
    mayAsk() {
      if (silences < trips) return true
      const at = monotonic()
      if (at < restsUntil) return false
      restsUntil = at + restMs
      return true
    },
    answered() {
      silences = 0
    },
    silent() {
      silences += 1
      restsUntil = monotonic() + restMs
      return silences === trips
    },
  }
}
