/**
 * Request tokens: who says to have signed one, and what is demanded of it. Knows neither stores nor
 * HTTP: that a token was used before is not known here.
 */
import { hash } from 'node:crypto'
import {
  createVerifier,
  decodeUnverified,
  type Key,
  type LenientClaims,
  TokenError,
  type Verifier,
  verifyToken,
} from '@jotter/token'

/** RFC 7519 §5.1, and what draft-ietf-oauth-rfc7523bis §7 calls those of strict clients. */
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'client-authentication+jwt']
/** The longest life of a strict client's: RFC 7523 §3 leaves it to us. */
const LIFE_SECONDS = 300
/** The longest that a `jti` is remembered. */
const REMEMBERED_SECONDS = 86_400
/** Claims of a strict client's that have to be there. */
const STRICT_CLAIMS = ['exp', 'aud', 'sub', 'jti']
/** Of tokens that are remembered for one list of keys: a few, of the usual size. */
const MAX_BYTES = 4_096

export interface RequestTokenDeps {
  /** Who we are: the only `aud` that is ours. */
  issuer: () => string
  /** How far the client's clock may be off. */
  leewaySeconds: number
  /** Epoch milliseconds. */
  now: () => number
}

/** What a token says before anybody has verified it: nothing to rely on. */
export interface RequestToken {
  readonly text: string
  /** Who is said to have signed it: to find the keys. Undefined where it names nobody. */
  readonly identity: unknown
  readonly typ: string | undefined
  /** Whether it has a `jti`. */
  readonly isOnce: boolean
}

export interface RequestRules {
  /** Whom the keys belong to. */
  readonly identity: string
  /** Whether RFC 7523 holds; else `iss` is enough, and what else is there must be right. */
  readonly strict: boolean
}

/** A token that may be used once. */
export interface Once {
  readonly jtiSha256: string
  /** From when on it is refused anyway: epoch milliseconds. */
  readonly expiresAt: number
}

/** @throws {TokenError} `malformed`, when it is no JWT. */
export function readRequestToken(text: string): RequestToken {
  const { header, payload } = decodeUnverified(text)
  if (payload === undefined) throw new TokenError('malformed', { detail: 'no claims' })
  const identity = Object.hasOwn(payload, 'iss') ? payload.iss : undefined
  return { text, identity, typ: header.typ, isOnce: Object.hasOwn(payload, 'jti') }
}

/**
 * What verifies request tokens. Whoever may use one again sends the same again, and RS256 makes the
 * same of the same claims: its signature is not computed again while the list of keys is the same one.
 * What the token claims is checked each time.
 */
export function requestTokenVerifier({ issuer, leewaySeconds, now }: RequestTokenDeps) {
  const remembering = new WeakMap<readonly Key[], Verifier<LenientClaims>>()

  const optionsFor = (identity: string) => ({
    issuer: identity,
    audience: issuer(),
    leewaySeconds,
    clock: () => now() / 1000,
    claimsOptional: true as const,
  })

  function rememberingFor(keys: readonly Key[], identity: string): Verifier<LenientClaims> {
    const known = remembering.get(keys)
    if (known !== undefined) return known
    const verifier = createVerifier(keys, { ...optionsFor(identity), maxCachedBytes: MAX_BYTES })
    remembering.set(keys, verifier)
    return verifier
  }

  /** RFC 7523 §3; of `aud`, draft-ietf-oauth-rfc7523bis §4: meant for us and nobody else. */
  function demandStrict({ sub, aud, exp = Infinity }: LenientClaims, identity: string): void {
    if (sub !== identity) throw new TokenError('invalid_claim', { text: 'Invalid subject' })
    if (Array.isArray(aud) && aud.length !== 1) throw new TokenError('wrong_audience')
    demandEnd(exp, LIFE_SECONDS)
  }

  function demandEnd(exp: number, seconds: number): void {
    if (exp - now() / 1000 > seconds + leewaySeconds) throw new TokenError('lifetime_too_long')
  }

  /**
   * Verifies with the keys of `identity`, by the algorithm that belongs to the key.
   *
   * @returns What has to be remembered of it; undefined of a token without `jti`.
   * @throws {TokenError} With a `reason`.
   */
  return async (
    { text, typ, isOnce }: RequestToken,
    keys: readonly Key[],
    { identity, strict }: RequestRules,
  ): Promise<Once | undefined> => {
    const claims =
      strict || isOnce
        ? await verifyToken(text, keys, {
            ...optionsFor(identity),
            requiredClaims: strict ? STRICT_CLAIMS : [],
          })
        : await rememberingFor(keys, identity).verify(text)
    // A key of a client may sign other kinds of tokens for others (RFC 8725 §3.11).
    if (!TYPES.includes(mediaType(typ))) throw new TokenError('wrong_type')
    if (strict) demandStrict(claims, identity)
    const { jti, exp } = claims
    if (jti === undefined) return undefined
    // For how long else would it have to be remembered?
    if (exp === undefined) throw new TokenError('missing_claim', { text: NO_EXP })
    demandEnd(exp, REMEMBERED_SECONDS)
    const jtiSha256 = hash('sha256', jti, 'base64url')
    return { jtiSha256, expiresAt: Math.ceil((exp + leewaySeconds) * 1000) }
  }
}

const NO_EXP = 'Token is missing the "exp" claim'

/** As in a header: without `application/`, in any case (RFC 7515 §4.1.9). */
const mediaType = (typ: string | undefined): string | undefined =>
  typ?.toLowerCase().replace(/^application\//, '')
