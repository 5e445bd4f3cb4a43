/**
 * Refresh tokens: `<sid>.<generation>.<HMAC-SHA256 of both, base64url>`. Nothing secret is kept: any
 * node that has the master key makes the same one again. Knows neither sessions nor time.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'

export type RefreshTokens = ReturnType<typeof refreshTokens>

/** What a refresh token names. */
export interface RefreshClaim {
  readonly sid: string
  readonly generation: number
}

/** A UUID of version 7, as we write it; a number without leading zeros; 32 bytes. */
const SHAPE =
  /^([\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12})\.([1-9]\d{0,8})\.([\w-]{43})$/

/** @param key Of 256 bits, used for nothing else. */
export function refreshTokens(key: KeyObject) {
  const macOf = (sid: string, generation: number): string =>
    createHmac('sha256', key).update(`${sid}.${generation}`).digest('base64url')

  return {
    make: ({ sid, generation }: RefreshClaim): string =>
      `${sid}.${generation}.${macOf(sid, generation)}`,

    /** Undefined for what this service never gave out. Whether it is still good, the session knows. */
    read(token: string): RefreshClaim | undefined {
      const [, sid, digits, mac] = SHAPE.exec(token) ?? []
      if (sid === undefined || mac === undefined) return undefined
      const generation = Number(digits)
      // Compared as texts: of the last character two bits mean nothing, and so only one text is ours.
      const own = Buffer.from(macOf(sid, generation))
      return timingSafeEqual(own, Buffer.from(mac)) ? { sid, generation } : undefined
    },
  }
}
