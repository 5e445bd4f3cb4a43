/**
 * Use tokens: what they say, and what is demanded of them. Knows neither revocation nor how often one
 * was used.
 */
import { signToken, type VerifiedClaims } from '@jotter/token'
import { BOUNDS } from '../../clients/service.ts'
import type { ClientPolicy } from '../../clients/store.ts'
import { CLOCKS_APART_MS } from '../../duties.ts'
import type { TokenKeys } from '../../keys/token-keys.ts'
import { tokenVerifier } from '../../keys/token-verifier.ts'
import { uuidv7 } from '../../uuid.ts'

const TYP = 'use+jwt'
const REQUIRED = ['nbf', 'sub', 'aud', 'iat', 'jti']
const [, LONGEST_SECONDS] = BOUNDS.lifetimeSeconds

export interface UseClaims extends VerifiedClaims {
  /** The client. */
  readonly sub: string
  readonly iat: number
  readonly jti: string
}

export interface UseTokenDeps {
  keys: TokenKeys
  /** `iss`. Asked with each token: the address that a service listens on is known late. */
  issuer: () => string
  /** Whom tokens are for that a client wants for nobody else; the issuer unless given. */
  audience: string | undefined
  /** Epoch milliseconds. */
  now: () => number
}

export type UseTokens = ReturnType<typeof useTokens>

export function useTokens({ keys, issuer, audience, now }: UseTokenDeps) {
  const verify = tokenVerifier(keys, () => ({
    issuer: issuer(),
    audience: audience ?? issuer(),
    typ: TYP,
    // Only of `iat`: by a clock that is behind that of the node that minted it, a token is too early.
    iatLeewaySeconds: CLOCKS_APART_MS / 1000,
    clock: () => now() / 1000,
    maxLifetimeSeconds: LONGEST_SECONDS,
    requiredClaims: REQUIRED,
  }))

  return {
    /**
     * For `client`, with the window and audience of its policy.
     *
     * @throws {SealError | StoreUnavailable} Without a key.
     */
    async mint(client: string, policy: ClientPolicy): Promise<string> {
      await keys.confirmed('sign')
      const at = now()
      const iat = Math.floor(at / 1000)
      const iss = issuer()
      const claims = {
        nbf: iat + policy.notBeforeSeconds,
        exp: iat + policy.lifetimeSeconds,
        iss,
        sub: client,
        aud: policy.audience ?? audience ?? iss,
        iat,
        jti: uuidv7(at),
      }
      return signToken(claims, keys.ring().active, { typ: TYP })
    },

    /**
     * `nbf` is the first moment of it and `exp` the first after it: no leeway, since one service makes
     * and checks them. Time is looked at each time, also of a token that is remembered.
     *
     * @throws {TokenError | StoreUnavailable} With a `reason`; when no key is confirmed.
     */
    async verify(token: string): Promise<UseClaims> {
      return (await verify(token)) as UseClaims
    },
  }
}
