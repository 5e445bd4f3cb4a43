/**
 * What a verifier is told to demand of a token, and the mistakes that can be made there. Knows nothing
 * of tokens.
 *
 * @module
 */
import { type EpochSeconds, type Expectations, MAX_NUMERIC_DATE } from './claims.ts'

export interface VerifyOptions {
  /** Compared with `iss` byte for byte (RFC 8725 §3.8). */
  readonly issuer: string
  /** Who we are. Without it a token that has an `aud` is refused (RFC 7519 §4.1.3). */
  readonly audience?: string | undefined
  /** The `typ` that is wanted (RFC 8725 §3.11). Default: any. */
  readonly typ?: string | undefined
  /** How far the clocks of minter and verifier may differ. Default 0. */
  readonly leewaySeconds?: number | undefined
  /**
   * How far `iat` may lie ahead, where that is more than the leeway: a minter whose clock is ahead is no
   * forger, and unlike the leeway this lets no token live longer. Default 0.
   */
  readonly iatLeewaySeconds?: number | undefined
  /** The time, in seconds: fractions count. */
  readonly clock: () => EpochSeconds
  /** Longest `exp - iat`. Then `iat` is demanded too. Default: any life. */
  readonly maxLifetimeSeconds?: number | undefined
  /** Claims that must be there besides `iss` and `exp`. Default: none. */
  readonly requiredClaims?: readonly string[] | undefined
}

/** For tokens that say less than ours do: some have `iss` alone. */
export interface LenientOptions extends VerifyOptions {
  /**
   * No claim has to be there but `iss` and `requiredClaims`, not even `exp`. What is there is checked
   * all the same.
   */
  readonly claimsOptional: true
}

/**
 * A mistake in an option must not become a verdict about a token: a leeway of NaN or Infinity
 * compares false with everything, and so would switch checks off without a word.
 */
export function expectationsOf({
  issuer,
  audience,
  typ,
  leewaySeconds = 0,
  iatLeewaySeconds = 0,
  clock,
  maxLifetimeSeconds,
  requiredClaims = [],
  claimsOptional = false,
}: VerifyOptions & { readonly claimsOptional?: boolean }): Expectations {
  demandText('issuer', issuer)
  if (audience !== undefined) demandText('audience', audience)
  if (typ !== undefined) demandText('typ', typ)
  demandSeconds('leewaySeconds', leewaySeconds)
  demandSeconds('iatLeewaySeconds', iatLeewaySeconds)
  if (maxLifetimeSeconds !== undefined) demandSeconds('maxLifetimeSeconds', maxLifetimeSeconds)
  if (!Array.isArray(requiredClaims)) throw new TypeError('requiredClaims is not an array')
  if (typeof claimsOptional !== 'boolean') throw new TypeError('claimsOptional is not a boolean')
  return {
    now: readClock(clock),
    leewaySeconds,
    iatLeewaySeconds: Math.max(leewaySeconds, iatLeewaySeconds),
    issuer,
    audience,
    typ,
    maxLifetimeSeconds: maxLifetimeSeconds ?? Infinity,
    requiredClaims,
    claimsOptional,
  }
}

/** @throws {TypeError | RangeError} When what it gives is no time in seconds. */
export function readClock(clock: VerifyOptions['clock']): EpochSeconds {
  const now = clock()
  demandSeconds('the time that clock gives', now)
  return now
}

function demandText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} is not a text`)
}

/** Milliseconds are past the largest NumericDate, and so found out as well. */
function demandSeconds(name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${name} is not a number`)
  if (!(value >= 0 && value <= MAX_NUMERIC_DATE)) {
    throw new RangeError(`${name} is not between 0 and ${MAX_NUMERIC_DATE} seconds`)
  }
}
