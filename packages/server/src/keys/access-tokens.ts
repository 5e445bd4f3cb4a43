/**
 * Access tokens of users (RFC 9068): what they say, and what is demanded of them. Knows neither
 * sessions nor revocation: a token that is good here may have been revoked.
 */
import { signToken, TokenError, type VerifiedClaims } from '@jotter/token'
import type { Settings } from '../settings.ts'
import { uuidv7 } from '../uuid.ts'
import { type OwnTokenDeps, tokenVerifier } from './token-verifier.ts'

/** RFC 9068 §2.1. */
const TYP = 'at+jwt'
/** `client_id`: who has asked for the token is this service itself. */
const CLIENT = 'jotter'
const REQUIRED = ['iat', 'sub', 'aud', 'client_id', 'jti', 'sid']

export interface AccessClaims extends VerifiedClaims {
  /** The user. */
  readonly sub: string
  readonly iat: number
  readonly client_id: typeof CLIENT
  readonly jti: string
  /** The session. */
  readonly sid: string
}

export interface AccessGrant {
  readonly userId: string
  readonly sid: string
  /** Whole seconds. */
  readonly lifeSeconds: number
  /** Epoch milliseconds; the clock's unless given. */
  readonly now?: number | undefined
}

export interface MintedAccess {
  readonly token: string
  readonly jti: string
  /** Epoch milliseconds: `exp`, from which on it is refused. */
  readonly expiresAt: number
}

export interface AccessTokens {
  /** @throws {RangeError | StoreUnavailable} For a life that `verify` would refuse; without a key. */
  mint(grant: AccessGrant): Promise<MintedAccess>
  /** @throws {TokenError | StoreUnavailable} With a `reason`; when no key is confirmed. */
  verify(token: string): Promise<AccessClaims>
}

export interface AccessTokenDeps extends OwnTokenDeps {
  /** No token lives longer, and none that claims to is accepted. */
  longestLifeSeconds: number
}

export function accessTokens(deps: AccessTokenDeps): AccessTokens {
  const { keys, issuer, audience, longestLifeSeconds, now } = deps
  const verify = tokenVerifier(deps, {
    typ: TYP,
    maxLifetimeSeconds: longestLifeSeconds,
    requiredClaims: REQUIRED,
  })

  return {
    async mint({ userId, sid, lifeSeconds, now: at = now() }) {
      if (!Number.isInteger(lifeSeconds) || lifeSeconds < 1 || lifeSeconds > longestLifeSeconds) {
        throw new RangeError(`a life of ${lifeSeconds} s is not 1 to ${longestLifeSeconds} s`)
      }
      await keys.confirmed('sign')
      const iat = Math.floor(at / 1000)
      const exp = iat + lifeSeconds
      const iss = issuer()
      const jti = uuidv7(at)
      const aud = audience ?? iss
      const claims = { exp, iat, sub: userId, iss, aud, client_id: CLIENT, jti, sid }
      const token = await signToken(claims, keys.ring().active, { typ: TYP })
      return { token, jti, expiresAt: exp * 1000 }
    },

    async verify(token) {
      const claims = await verify(token)
      const { sid, client_id } = claims
      if (typeof sid !== 'string') throw new TokenError('invalid_claim', { detail: 'sid' })
      // What another client may have is no user's token, though the same key has signed it.
      if (client_id !== CLIENT) throw new TokenError('invalid_claim', { detail: 'client_id' })
      return claims as AccessClaims
    },
  }
}

/** How long access tokens live, in seconds, by what they are the answer to. */
export function accessLives(
  settings: Pick<
    Settings,
    'TOKEN_EXPIRATION_DAYS' | 'TOKEN_EXPIRATION_SECONDS' | 'ACCESS_TOKEN_SECONDS'
  >,
) {
  const { TOKEN_EXPIRATION_DAYS: days, TOKEN_EXPIRATION_SECONDS: seconds } = settings
  const login = days * 86_400 + seconds
  const token = settings.ACCESS_TOKEN_SECONDS
  return { login, token, longest: Math.max(login, token) }
}
