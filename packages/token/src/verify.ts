/**
 * Checking a token: shape, key, algorithm, signature, and only then what it says. Revocation and
 * "used once" are not looked at: those need a store, and this package has none.
 *
 * @module
 */
import {
  type Claims,
  checkClaims,
  type Expectations,
  MAX_NUMERIC_DATE,
  type VerifiedClaims,
} from './claims.ts'
import type { EpochSeconds } from './clock.ts'
import { type CompactJws, type JoseHeader, parseCompact, parseObject } from './compact.ts'
import { TokenError } from './errors.ts'
import { candidates, demandKeys, type VerificationKeys } from './keyring.ts'

export interface VerifyOptions {
  /** Compared with `iss` byte for byte (RFC 8725 §3.8). */
  readonly issuer: string
  /** Who we are. Without it a token that has an `aud` is refused (RFC 7519 §4.1.3). */
  readonly audience?: string | undefined
  /** The `typ` that is wanted (RFC 8725 §3.11). Default: any. */
  readonly typ?: string | undefined
  /** How far the clocks of minter and verifier may differ. Default 0. */
  readonly leewaySeconds?: number | undefined
  /** The time, in seconds: fractions count. */
  readonly clock: () => EpochSeconds
  /** Longest `exp - iat`. Then `iat` is demanded too. Default: any life. */
  readonly maxLifetimeSeconds?: number | undefined
  /** Claims that must be there besides `iss` and `exp`. Default: none. */
  readonly requiredClaims?: readonly string[] | undefined
}

export interface VerifiedJws {
  readonly header: JoseHeader
  readonly payload: Uint8Array
}

/**
 * Checks a signature over any payload (RFC 7515 §5.2).
 *
 * @param token Compact JWS, at most 8192 characters.
 * @throws {TokenError} `malformed`, `unknown_key`, `alg_not_allowed` or `bad_signature`.
 * @throws {TypeError} When `keys` holds no key.
 */
export async function verifyJws(token: string, keys: VerificationKeys): Promise<VerifiedJws> {
  const { header, payload } = authenticate(token, keys)
  // A copy: the parser's bytes lie in memory that Node shares among small buffers.
  return { header, payload: new Uint8Array(payload) }
}

/**
 * Checks a token and returns its claims. Only what is in `options` and RFC 7519 §4.1 is trusted:
 * the algorithm comes from the key (RFC 8725 §3.1), `exp` and `iss` are always demanded.
 *
 * @param token Compact JWS, at most 8192 characters.
 * @throws {TokenError} With a `reason`. The token itself is never part of the message.
 * @throws {TypeError | RangeError} When the options or keys are wrong, whatever the token.
 */
export async function verifyToken(
  token: string,
  keys: VerificationKeys,
  options: VerifyOptions,
): Promise<VerifiedClaims> {
  const expected = expectationsOf(options)
  const { header, payload } = authenticate(token, keys)
  const claims: Claims = parseObject('payload', payload)
  if (options.typ !== undefined && !isTyp(header.typ, options.typ)) {
    throw new TokenError('wrong_type')
  }
  return checkClaims(claims, expected)
}

function authenticate(token: unknown, given: VerificationKeys): CompactJws {
  const keys = demandKeys(given)
  const jws = parseCompact(token)
  const { header, signature, signingInput } = jws
  const named = candidates(keys, header.kid)
  if (named.length === 0) throw new TokenError('unknown_key')
  const fitting = named.filter((key) => key.alg === header.alg)
  if (fitting.length === 0) throw new TokenError('alg_not_allowed')
  if (signature.length === 0) {
    throw new TokenError('malformed', { detail: 'the signature is empty' })
  }
  if (!fitting.some((key) => key.verify(signingInput, signature))) {
    throw new TokenError('bad_signature')
  }
  return jws
}

/** RFC 7515 §4.1.9: media types without `application/`, compared without regard to case. */
function isTyp(typ: string | undefined, wanted: string): boolean {
  return typ === wanted || (typ !== undefined && mediaType(typ) === mediaType(wanted))
}

function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}

/**
 * A mistake in an option must not become a verdict about a token: a leeway of NaN or Infinity
 * compares false with everything, and so would switch checks off without a word.
 */
function expectationsOf({
  issuer,
  audience,
  typ,
  leewaySeconds = 0,
  clock,
  maxLifetimeSeconds,
  requiredClaims = [],
}: VerifyOptions): Expectations {
  demandText('issuer', issuer)
  if (audience !== undefined) demandText('audience', audience)
  if (typ !== undefined) demandText('typ', typ)
  demandSeconds('leewaySeconds', leewaySeconds)
  if (maxLifetimeSeconds !== undefined) demandSeconds('maxLifetimeSeconds', maxLifetimeSeconds)
  if (!Array.isArray(requiredClaims)) throw new TypeError('requiredClaims is not an array')
  const now = clock()
  demandSeconds('the time that clock gives', now)
  return {
    now,
    leewaySeconds,
    issuer,
    audience,
    maxLifetimeSeconds: maxLifetimeSeconds ?? Infinity,
    requiredClaims,
  }
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
