/**
 * Use tokens: what they say, and what is demanded of them. Knows neither revocation nor how often one
 * was used.
 */
import { signToken, type VerifiedClaims } from '@jotter/token'
import { BOUNDS } from '../../clients/service.ts'
import type { ClientPolicy } from '../../clients/store.ts'
import { type OwnTokenDeps, tokenVerifier } from '../../keys/token-verifier.ts'
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

export type UseTokens = ReturnType<typeof useTokens>

export function useTokens(deps: OwnTokenDeps) {
  const { keys, issuer, audience, now } = deps
  const verify = tokenVerifier(deps, {
    typ: TYP,
    maxLifetimeSeconds: LONGEST_SECONDS,
    requiredClaims: REQUIRED,
  })

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
