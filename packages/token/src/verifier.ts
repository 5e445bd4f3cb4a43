/**
 * A verifier with a memory: the signature of a token that comes again is not computed again. What is
 * remembered is that one set of keys found one text good, and nothing else; time, issuer, audience and
 * every other demand are looked at each time. Revocation is the caller's, as it is without a cache.
 *
 * @module
 */
import type { VerifiedClaims } from './claims.ts'
import { parseObject } from './compact.ts'
import { demandKeys, KeyRing, type VerificationKeys } from './keyring.ts'
import { expectationsOf, type VerifyOptions } from './options.ts'
import { TokenCache } from './token-cache.ts'
import { authenticate, checkContent } from './verify.ts'

export interface VerifierOptions {
  /** How many good tokens are remembered. Default 1000. */
  readonly maxCachedTokens?: number
  /** How much memory they may take, in bytes. Default 4 MiB. */
  readonly maxCachedBytes?: number
}

export interface Verifier {
  /** As the function of this name, with the keys of the verifier. */
  verifyToken(token: string, options: VerifyOptions): Promise<VerifiedClaims>
  /** How many tokens are remembered now; always 0 for secrets. */
  readonly cachedTokens: number
}

/**
 * A verifier for one set of keys. When the keys change, make another: its memory begins empty.
 *
 * Tokens of secrets are not remembered: an HMAC takes microseconds, and is not worth the memory. Nor is
 * a token that is refused, so that a flood of them costs none.
 *
 * @throws {TypeError} When there is no key.
 * @throws {RangeError} When a limit is not a positive number.
 */
export function createVerifier(
  keys: VerificationKeys,
  { maxCachedTokens = 1000, maxCachedBytes = 4 * 1024 * 1024 }: VerifierOptions = {},
): Verifier {
  demandPositive('maxCachedTokens', maxCachedTokens)
  demandPositive('maxCachedBytes', maxCachedBytes)
  const given = demandKeys(keys)
  // A copy: a key that is taken out of the caller's array would leave its tokens in the cache.
  const own = given instanceof KeyRing ? given : [...given]
  const list = own instanceof KeyRing ? own.keys : own
  const cache = new TokenCache({ maxEntries: maxCachedTokens, maxBytes: maxCachedBytes })
  const remembers = list.every(({ kty }) => kty !== 'oct')

  return {
    async verifyToken(token, options) {
      const expected = expectationsOf(options)
      const known = cache.get(token)
      if (known !== undefined) return checkContent(known.typ, JSON.parse(known.claims), expected)
      const { header, payload } = authenticate(token, own)
      const claims = parseObject('payload', payload)
      if (remembers) cache.add(token, { typ: header.typ, claims: payload.toString() })
      return checkContent(header.typ, claims, expected)
    },
    get cachedTokens() {
      return cache.size
    },
  }
}

function demandPositive(name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 1)) throw new RangeError(`${name} is not 1 or more`)
}
