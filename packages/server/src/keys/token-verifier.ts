import {
  createVerifier,
  type Key,
  TokenError,
  type VerifiedClaims,
  type VerifierOptions,
} from '@jotter/token'
import { CLOCKS_APART_MS } from '../duties.ts'
import type { TokenKeys } from './token-keys.ts'

/**
 * Of each kind of token. Bytes are the only limit: they hold some 3,000 tokens of RS256, and where the
 * tokens that come in turn are more than are remembered, none is found again.
 */
const REMEMBERED = { maxCachedBytes: 4 * 1024 * 1024, maxCachedTokens: Number.POSITIVE_INFINITY }

export interface OwnTokenDeps {
  keys: TokenKeys
  /** `iss`. First asked with the first token: the address that a service listens on is known late. */
  issuer: () => string
  /** `aud` of tokens that are meant for nobody in particular; the issuer unless given. */
  audience: string | undefined
  /** Epoch milliseconds. */
  now: () => number
}

/** What tells one kind of token from another. */
type Kind = Required<Pick<VerifierOptions, 'typ' | 'maxLifetimeSeconds' | 'requiredClaims'>>

/**
 * What checks our own tokens of one kind against the keys that are in force. Tokens that were good are
 * remembered until the keys are others.
 */
export function tokenVerifier({ keys, issuer, audience, now }: OwnTokenDeps, kind: Kind) {
  const options = (): VerifierOptions => ({
    ...kind,
    ...REMEMBERED,
    issuer: issuer(),
    audience: audience ?? issuer(),
    // Another node may have minted it a moment ago by a clock that is ahead of ours.
    iatLeewaySeconds: CLOCKS_APART_MS / 1000,
    clock: () => now() / 1000,
  })
  let current:
    | { keys: readonly Key[]; verify: (token: string) => Promise<VerifiedClaims> }
    | undefined

  function check(token: string): Promise<VerifiedClaims> {
    const inForce = keys.verifying()
    if (current?.keys !== inForce) {
      const none = async () => Promise.reject(new TokenError('unknown_key'))
      const verify = inForce.length === 0 ? none : createVerifier(inForce, options()).verify
      current = { keys: inForce, verify }
    }
    return current.verify(token)
  }

  /** @throws {TokenError | StoreUnavailable} With a `reason`; when no key is confirmed. */
  return async (token: string): Promise<VerifiedClaims> => {
    await keys.confirmed('verify')
    return check(token).catch(async (error: unknown) => {
      // Another node may sign with a key that this one has not read yet.
      if (!isUnknownKey(error) || !(await keys.askAgain())) throw error
      return check(token)
    })
  }
}

const isUnknownKey = (error: unknown): boolean =>
  error instanceof TokenError && error.reason === 'unknown_key'
