/**
 * Use tokens: what they say, and what is demanded of them. Knows neither revocation nor how often one
 * was used.
 */
import {
  createVerifier,
  type KeyRing,
  signToken,
  type VerifiedClaims,
  type Verifier,
} from '@jotter/token'
import { BOUNDS } from '../../clients/service.ts'
import type { ClientPolicy } from '../../clients/store.ts'
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
  /** Those in force now. Verified tokens are remembered until it is another ring. */
  keys: () => Promise<KeyRing>
  /** `iss`. Asked with each token: the address that a service listens on is known late. */
  issuer: () => string
  /** Whom tokens are for that a client wants for nobody else; the issuer unless given. */
  audience: string | undefined
  /** Epoch milliseconds. */
  now: () => number
}

export type UseTokens = ReturnType<typeof useTokens>

export function useTokens({ keys, issuer, audience, now }: UseTokenDeps) {
  let current: { ring: KeyRing; verifier: Verifier } | undefined

  async function verifier(): Promise<Verifier> {
    const ring = await keys()
    if (current?.ring !== ring) {
      const options = {
        issuer: issuer(),
        audience: audience ?? issuer(),
        typ: TYP,
        clock: () => now() / 1000,
        maxLifetimeSeconds: LONGEST_SECONDS,
        requiredClaims: REQUIRED,
      }
      current = { ring, verifier: createVerifier(ring, options) }
    }
    return current.verifier
  }

  return {
    /** For `client`, with the window and audience of its policy. */
    async mint(client: string, policy: ClientPolicy): Promise<string> {
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
      return signToken(claims, (await keys()).active, { typ: TYP })
    },

    /**
     * `nbf` is the first moment of it and `exp` the first after it: no leeway, since one service makes
     * and checks them. Time is looked at each time, also of a token that is remembered.
     *
     * @throws {TokenError} With a `reason`.
     */
    async verify(token: string): Promise<UseClaims> {
      return (await (await verifier()).verify(token)) as UseClaims
    },
  }
}
