/**
 * What the claims of a token must say, one row per claim, at the exact edges of RFC 7519 §4.1. Knows
 * neither signatures nor headers; the time is passed in.
 *
 * @module
 */
import { TokenError, type TokenReason } from './errors.ts'

/** Seconds since 1970-01-01T00:00:00Z: a NumericDate, which may have a fraction (RFC 7519 §2). */
export type EpochSeconds = number

/** A claims set (RFC 7519 §4). */
export interface Claims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  readonly exp?: EpochSeconds
  readonly nbf?: EpochSeconds
  readonly iat?: EpochSeconds
  readonly jti?: string
  readonly [claim: string]: unknown
}

/** Claims that were checked: `exp` and `iss` are always demanded. */
export interface VerifiedClaims extends Claims {
  readonly iss: string
  readonly exp: EpochSeconds
}

/** Claims that were checked where they are optional. */
export interface LenientClaims extends Claims {
  readonly iss: string
}

export interface Expectations {
  readonly now: EpochSeconds
  readonly leewaySeconds: number
  /** Of `iat`: at least as much. */
  readonly iatLeewaySeconds: number
  readonly issuer: string
  readonly audience: string | undefined
  readonly typ: string | undefined
  /** Infinity when any life will do. */
  readonly maxLifetimeSeconds: number
  readonly requiredClaims: readonly string[]
  /** Whether a token may lack every claim but `iss` and those that are required by name. */
  readonly claimsOptional: boolean
}

/** The last second of the year 9999. What lies beyond is a mistake, mostly milliseconds. */
export const MAX_NUMERIC_DATE: EpochSeconds = 253_402_300_799

/** RFC 7519 §2: seconds, perhaps with a fraction. Ours are finite, since a check must have an end. */
export function isNumericDate(value: unknown): value is EpochSeconds {
  return typeof value === 'number' && value >= 0 && value <= MAX_NUMERIC_DATE
}

type Refusal = TokenReason | undefined

interface ClaimRule {
  readonly claim: string
  readonly demanded?: (expected: Expectations) => boolean
  /** Demanded also where claims are optional. */
  readonly evenOptional?: true
  /** What is wrong with a claim that is there. */
  readonly refuse: (value: unknown, expected: Expectations, claims: Claims) => Refusal
  /** PyJWT's sentence, where the reason has another one. */
  readonly text?: Partial<Record<TokenReason, string>>
}

const always = () => true
const refuseOtherThanText = (value: unknown) =>
  typeof value === 'string' ? undefined : 'invalid_claim'

/** In the order in which the first wrong claim is reported, which is PyJWT's. */
const CLAIM_RULES: readonly ClaimRule[] = [
  {
    claim: 'iat',
    demanded: ({ maxLifetimeSeconds }) => maxLifetimeSeconds !== Infinity,
    refuse: (iat, { now, iatLeewaySeconds }) => {
      // 0 is a clock that was never set, not the year 1970.
      if (!isNumericDate(iat) || iat === 0) return 'invalid_claim'
      return iat > now + iatLeewaySeconds ? 'not_yet_valid' : undefined
    },
    text: { not_yet_valid: 'The token is not yet valid (iat)' },
  },
  {
    claim: 'nbf',
    refuse: (nbf, { now, leewaySeconds }) => {
      if (!isNumericDate(nbf)) return 'invalid_claim'
      return nbf > now + leewaySeconds ? 'not_yet_valid' : undefined
    },
  },
  {
    claim: 'exp',
    demanded: always,
    refuse: (exp, { now, leewaySeconds, maxLifetimeSeconds }, { iat = now }) => {
      if (!isNumericDate(exp)) return 'invalid_claim'
      // "On or after": at `exp` itself the token is dead (RFC 7519 §4.1.4).
      if (now >= exp + leewaySeconds) return 'expired'
      // Where a longest life is asked for, the first row has demanded `iat`.
      return exp - iat > maxLifetimeSeconds ? 'lifetime_too_long' : undefined
    },
  },
  {
    claim: 'iss',
    demanded: always,
    evenOptional: true,
    refuse: (iss, { issuer }) => (iss === issuer ? undefined : 'wrong_issuer'),
  },
  {
    claim: 'aud',
    demanded: ({ audience }) => audience !== undefined,
    refuse: (aud, { audience }) => {
      const all: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
      if (!all.every((one) => typeof one === 'string')) return 'invalid_claim'
      // Meant for somebody, and nobody said that we are that one (RFC 7519 §4.1.3).
      return audience !== undefined && all.includes(audience) ? undefined : 'wrong_audience'
    },
  },
  { claim: 'sub', refuse: refuseOtherThanText },
  { claim: 'jti', refuse: refuseOtherThanText },
]

/** @throws {TokenError} For the first row that refuses. */
export function checkClaims(claims: Claims, expected: Expectations): VerifiedClaims {
  for (const claim of expected.requiredClaims) {
    if (!Object.hasOwn(claims, claim)) throw missing(claim)
  }
  for (const { claim, demanded, evenOptional, refuse, text } of CLAIM_RULES) {
    if (!Object.hasOwn(claims, claim)) {
      const optional = expected.claimsOptional && evenOptional === undefined
      if (!optional && demanded?.(expected)) throw missing(claim)
      continue
    }
    const reason = refuse(claims[claim], expected, claims)
    if (reason !== undefined) {
      const sentence = text?.[reason]
      throw new TokenError(reason, { detail: claim, ...(sentence && { text: sentence }) })
    }
  }
  return claims as VerifiedClaims
}

function missing(claim: string): TokenError {
  return new TokenError('missing_claim', { text: `Token is missing the "${claim}" claim` })
}
