/**
 * What a token says, for people to look at: a debugger, a log of refusals. Nothing is checked, so
 * nothing that comes from here may decide anything.
 *
 * @module
 */
import type { Claims } from './claims.ts'
import { type JoseHeader, parseCompact, parseObject } from './compact.ts'
import { TokenError } from './errors.ts'

export interface UnverifiedToken {
  readonly header: JoseHeader
  /** Undefined when the payload is no JSON object. */
  readonly payload: Claims | undefined
  readonly signature: Uint8Array
}

/** @throws {TokenError} `malformed`, when it is no compact JWS at all. */
export function decodeUnverified(token: string): UnverifiedToken {
  const { header, payload, signature } = parseCompact(token)
  return { header, payload: claimsOf(payload), signature: new Uint8Array(signature) }
}

function claimsOf(payload: Uint8Array): Claims | undefined {
  try {
    return parseObject('payload', payload)
  } catch (error) {
    if (error instanceof TokenError) return undefined
    throw error
  }
}
