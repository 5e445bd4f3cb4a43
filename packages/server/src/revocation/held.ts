import type { Revocation, RevocationKind } from './store.ts'

/** What a token says of itself, as far as it can be revoked by it. */
export interface RevocableToken {
  readonly jti?: string | undefined
  readonly sid?: string | undefined
  readonly sub?: string | undefined
  /** Epoch seconds. */
  readonly iat: number
}

/** Revocations in memory, found by what they refuse. Knows neither databases nor clocks. */
export interface HeldRevocations {
  readonly size: number
  refuses(token: RevocableToken): boolean
  /** Of two for the same value what refuses more stands. */
  keep(revocation: Revocation): void
  /**
   * Looks at the next `count` and drops those that ended before `before` (epoch milliseconds). True
   * when that was the last of a round over all.
   */
  sweep(before: number, count: number): boolean
}

export function heldRevocations(): HeldRevocations {
  const held: Record<RevocationKind, Map<string, Revocation>> = {
    jti: new Map(),
    sid: new Map(),
    sub: new Map(),
  }
  let round = rounds()

  // An iterator of a Map goes on where it was, whatever is added and deleted meanwhile.
  function* rounds(): Generator<Revocation> {
    for (const kept of Object.values(held)) yield* kept.values()
  }

  return {
    get size() {
      return held.jti.size + held.sid.size + held.sub.size
    },
    refuses({ jti, sid, sub, iat }) {
      if (jti !== undefined && held.jti.has(jti)) return true
      if (sid !== undefined && held.sid.has(sid)) return true
      const ofUser = sub === undefined ? undefined : held.sub.get(sub)
      return ofUser !== undefined && iat < (ofUser.notBefore ?? Number.POSITIVE_INFINITY)
    },
    keep(revocation) {
      const kept = held[revocation.kind]
      const { value } = revocation
      const before = kept.get(value)
      kept.set(value, before === undefined ? revocation : stricter(before, revocation))
    },
    sweep(before, count) {
      for (let left = count; left > 0; left -= 1) {
        const { value: revocation, done } = round.next()
        if (done) {
          round = rounds()
          return true
        }
        if (revocation.expiresAt < before) held[revocation.kind].delete(revocation.value)
      }
      return false
    },
  }
}

/** The same revocation is read more than once, so mostly one of the two is all of it. */
function stricter(before: Revocation, after: Revocation): Revocation {
  const notBefore = later(before.notBefore, after.notBefore)
  const expiresAt = Math.max(before.expiresAt, after.expiresAt)
  if (notBefore === after.notBefore && expiresAt === after.expiresAt) return after
  return { ...after, notBefore, expiresAt }
}

const later = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
