/**
 * A verifier with a memory: what is wrong with its options is found when it is made, and the signature
 * of a token that comes again is not computed again. What is remembered is that these keys and options
 * found one text good; what it claims is looked at each time, and so is the clock. Revocation is the
 * caller's, as it is without a cache.
 *
 * @module
 */
import { checkClaims, type LenientClaims, type VerifiedClaims } from './claims.ts'
import { parseObject } from './compact.ts'
import { keysOf, type VerificationKeys } from './keyring.ts'
import { expectationsOf, type LenientOptions, readClock, type VerifyOptions } from './options.ts'
import { TokenCache, type TokenCacheLimits } from './token-cache.ts'
import { authenticate, checkContent } from './verify.ts'

export interface VerifierOptions extends VerifyOptions, TokenCacheLimits {}

export interface LenientVerifierOptions extends LenientOptions, TokenCacheLimits {}

export interface Verifier<Checked = VerifiedClaims> {
  /** As `verifyToken`, with the keys and options of the verifier. */
  verify(token: string): Promise<Checked>
  /** How many tokens are remembered now; always 0 for secrets. */
  readonly cachedTokens: number
}

/**
 * A verifier for one set of keys and options. When they change, make another: its memory begins empty.
 *
 * Tokens of secrets are not remembered: an HMAC takes microseconds, and is not worth the memory. Nor is
 * a token that is refused, so that a flood of them costs none.
 *
 * @throws {TypeError | RangeError} When there is no key, or an option or the time of the clock is wrong.
 */
export function createVerifier(
  keys: VerificationKeys,
  options: LenientVerifierOptions,
): Verifier<LenientClaims>
export function createVerifier(keys: VerificationKeys, options: VerifierOptions): Verifier
export function createVerifier(keys: VerificationKeys, options: VerifierOptions): Verifier {
  // Copies: a key or a claim that the caller takes out of his array would leave its tokens in the cache.
  const own = [...keysOf(keys)]
  const given = expectationsOf(options)
  const fixed = { ...given, requiredClaims: [...given.requiredClaims] }
  const { clock } = options
  const cache = new TokenCache(options)
  const remembers = own.every(({ kty }) => kty !== 'oct')

  return {
    async verify(token) {
      const expected = { ...fixed, now: readClock(clock) }
      const known = cache.get(token)
      if (known !== undefined) return checkClaims(JSON.parse(known), expected)
      const { header, payload } = authenticate(token, own)
      const claims = checkContent(header.typ, parseObject('payload', payload), expected)
      if (remembers) cache.add(token, payload.toString())
      return claims
    },
    get cachedTokens() {
      return cache.size
    },
  }
}
