/**
 * Why a token or a key was refused: the reasons are stable names to program against, the texts are
 * for people and may be shown to whoever sent the token. Knows nothing of HTTP.
 *
 * No token, secret or claim value goes into a text or a detail.
 *
 * @module
 */

/** Reason -> public text. The sentences are PyJWT's wherever it has one for the condition. */
export const TOKEN_REASONS = {
  malformed: 'Invalid token',
  alg_not_allowed: 'The specified alg value is not allowed',
  unknown_key: 'The token names an unknown key',
  bad_signature: 'Signature verification failed',
  wrong_type: 'The token is of another type',
  missing_claim: 'Token is missing a required claim',
  invalid_claim: 'Invalid claim format in token',
  expired: 'Signature has expired',
  not_yet_valid: 'The token is not yet valid (nbf)',
  wrong_issuer: 'Invalid issuer',
  wrong_audience: "Audience doesn't match",
  lifetime_too_long: 'The token is valid for too long',
} as const

export type TokenReason = keyof typeof TOKEN_REASONS

export interface TokenErrorOptions extends ErrorOptions {
  /** Replaces the reason's public text where PyJWT tells two cases of one reason apart. */
  readonly text?: string
  /** For the log only. */
  readonly detail?: string
}

/** A token that must not be trusted. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly reason: TokenReason
  /** For the log only, never sent: says which part of the token was wrong, not what it said. */
  readonly detail: string | undefined

  constructor(reason: TokenReason, { text, detail, ...options }: TokenErrorOptions = {}) {
    super(text ?? TOKEN_REASONS[reason], options)
    this.reason = reason
    this.detail = detail
  }
}

/** Reason -> first half of the message. Keys are refused at load, so operators read these. */
export const KEY_REASONS = {
  malformed: 'the key cannot be read',
  unsupported: 'this form of key is not taken',
  unknown_alg: 'the algorithm is not known',
  wrong_kty: 'the key belongs to another family of algorithms',
  wrong_use: 'the key is not meant for this',
  empty: 'the secret is empty',
  too_short: 'the secret is too short',
  not_a_secret: 'a key of a key pair, or a certificate, is no HMAC secret',
  published: 'the secret is a published example',
  weak: 'the key is too weak to trust',
  mismatch: 'the private half does not belong to the public half',
  private: 'only a public key may stand here',
  duplicate: 'one key, or one kid, is there twice',
  mixed: 'secrets and key pairs do not go together',
} as const

export type KeyReason = keyof typeof KEY_REASONS

/** A key that must not be used. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
  readonly reason: KeyReason

  constructor(reason: KeyReason, detail?: string) {
    super(detail === undefined ? KEY_REASONS[reason] : `${KEY_REASONS[reason]}: ${detail}`)
    this.reason = reason
  }
}
