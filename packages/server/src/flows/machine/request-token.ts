/**
 * Request tokens: who says to have signed one, and what is demanded of it. Knows neither stores nor
 * HTTP: that a token was used before is not known here.
 */
import { hash } from 'node:crypto'
import {
  decodeUnverified,
  type Key,
  type LenientClaims,
  TokenError,
  verifyToken,
} from '@jotter/token'

/** RFC 7519 §5.1, and what draft-ietf-oauth-rfc7523bis §7 calls those of strict clients. */
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'client-authentication+jwt']
/** The longest life of a strict client's: RFC 7523 §3 leaves it to us. */
const LIFE_SECONDS = 300
/** The longest that a `jti` is remembered. */
const REMEMBERED_SECONDS = 86_400

export interface RequestRules {
  /** Whom the keys belong to. */
  readonly identity: string
  /** Who we are: the only `aud` that is ours. */
  readonly audience: string
  /** Whether RFC 7523 holds; else `iss` is enough, and what else is there must be right. */
  readonly strict: boolean
  /** How far the client's clock may be off. */
  readonly leewaySeconds: number
  /** Epoch milliseconds. */
  readonly now: number
}

/** A token that may be used once. */
export interface Once {
  readonly jtiSha256: string
  /** From when on it is refused anyway: epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Who a token says has signed it: to find the keys, and nothing to rely on before those have verified
 * it. Undefined where it names nobody.
 *
 * @throws {TokenError} `malformed`, when it is no JWT.
 */
export function claimedIdentity(token: string): unknown {
  const { payload } = decodeUnverified(token)
  if (payload === undefined) throw new TokenError('malformed', { detail: 'no claims' })
  return Object.hasOwn(payload, 'iss') ? payload.iss : undefined
}

/**
 * Verifies with the keys of `identity`, by the algorithm that belongs to the key.
 *
 * @returns What has to be remembered of it; undefined of a token without `jti`.
 * @throws {TokenError} With a `reason`.
 */
export async function verifyRequestToken(
  token: string,
  keys: readonly Key[],
  rules: RequestRules,
): Promise<Once | undefined> {
  const { identity, audience, strict, leewaySeconds, now } = rules
  const claims: LenientClaims = await verifyToken(token, keys, {
    issuer: identity,
    audience,
    leewaySeconds,
    clock: () => now / 1000,
    claimsOptional: true,
    requiredClaims: strict ? ['exp', 'aud', 'sub', 'jti'] : [],
  })
  // A key of a client may sign other kinds of tokens for others (RFC 8725 §3.11).
  if (!TYPES.includes(mediaType(decodeUnverified(token).header.typ))) {
    throw new TokenError('wrong_type')
  }
  if (strict) demandStrict(claims, rules)
  const { jti, exp } = claims
  if (jti === undefined) return undefined
  // For how long else would it have to be remembered?
  if (exp === undefined) throw new TokenError('missing_claim', { text: NO_EXP })
  demandEnd(exp, REMEMBERED_SECONDS, rules)
  const jtiSha256 = hash('sha256', jti, 'base64url')
  return { jtiSha256, expiresAt: Math.ceil((exp + leewaySeconds) * 1000) }
}

const NO_EXP = 'Token is missing the "exp" claim'

/** RFC 7523 §3; of `aud`, draft-ietf-oauth-rfc7523bis §4: meant for us and nobody else. */
function demandStrict({ sub, aud, exp = Infinity }: LenientClaims, rules: RequestRules): void {
  if (sub !== rules.identity) throw new TokenError('invalid_claim', { text: 'Invalid subject' })
  if (Array.isArray(aud) && aud.length !== 1) throw new TokenError('wrong_audience')
  demandEnd(exp, LIFE_SECONDS, rules)
}

function demandEnd(exp: number, seconds: number, { now, leewaySeconds }: RequestRules): void {
  if (exp - now / 1000 > seconds + leewaySeconds) throw new TokenError('lifetime_too_long')
}

/** As in a header: without `application/`, in any case (RFC 7515 §4.1.9). */
const mediaType = (typ: string | undefined): string | undefined =>
  typ?.toLowerCase().replace(/^application\//, '')
