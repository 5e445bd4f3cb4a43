/**
 * Whose access token a request came with: signature and claims, then the revocations that this node
 * knows. No database is asked. Read from the header only, never from a query or a cookie.
 */
import { TokenError } from '@jotter/token'
import type { FastifyRequest } from 'fastify'
import { ServiceError } from './errors.ts'
import type { AccessClaims, AccessTokens } from './keys/access-tokens.ts'
import type { Revocations } from './revocation/revocations.ts'

/** Who calls a route for users. */
export interface TokenUser {
  readonly id: string
  /** The session that the token belongs to. */
  readonly sid: string
  readonly jti: string
}

export interface UserAccessDeps {
  tokens: Pick<AccessTokens, 'verify'>
  revocations: Pick<Revocations, 'confirmed' | 'isRevoked'>
}

export function userAccess({ tokens, revocations }: UserAccessDeps) {
  async function verified(token: string): Promise<AccessClaims> {
    try {
      return await tokens.verify(token)
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      throw new ServiceError(error.reason === 'expired' ? 'token_expired' : 'token_invalid')
    }
  }

  /** @throws {ServiceError} `token_required`, `token_expired`, `token_invalid`, `revocations_stale`. */
  return async (request: FastifyRequest): Promise<void> => {
    const claims = await verified(bearerToken(request))
    await revocations.confirmed()
    if (revocations.isRevoked(claims)) throw new ServiceError('token_invalid')
    const { sub, sid, jti } = claims
    request.user = { id: sub, sid, jti }
  }
}

/** The credential of `Authorization: Bearer ...` (RFC 6750 §2.1). */
function bearerToken({ headers: { authorization = '' } }: FastifyRequest): string {
  const [, credential] = /^Bearer +([^ ].*)$/i.exec(authorization) ?? []
  // Of another scheme, or the scheme alone: no token was presented, and the challenge speaks of none.
  if (credential === undefined) throw new ServiceError('token_required')
  return credential
}
