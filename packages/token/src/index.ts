/**
 * Strict JWS signing and checking on `node:crypto`, with typed keys. What service and clients must
 * agree on is here; neither HTTP nor files nor clocks are.
 *
 * @module
 */
export type { Claims, EpochSeconds, LenientClaims, VerifiedClaims } from './claims.ts'
export type { JoseHeader } from './compact.ts'
export { decodeUnverified, type UnverifiedToken } from './decode.ts'
export {
  KEY_REASONS,
  KeyError,
  type KeyReason,
  TOKEN_REASONS,
  TokenError,
  type TokenReason,
} from './errors.ts'
export {
  type PrivateJwk,
  type PublicJwk,
  privateJwk,
  privatePem,
  publicJwk,
  publicJwks,
  thumbprint,
} from './export-key.ts'
export { type GenerateOptions, generateKey } from './generate-key.ts'
export { type ImportOptions, importKey, type JwkInput, type KeyInput } from './import-key.ts'
export { JsonError, type JsonLimits, type JsonProblem, parseStrictJson } from './json.ts'
export { importJwks } from './jwks.ts'
export type { Key } from './key.ts'
export { demandSet, KeyRing, type VerificationKeys } from './keyring.ts'
export type { LenientOptions, VerifyOptions } from './options.ts'
export type { SecretEncoding } from './secret.ts'
export { type SignOptions, signJws, signToken } from './sign.ts'
export { createVerifier, type Verifier, type VerifierOptions } from './verifier.ts'
export { type VerifiedJws, verifyJws, verifyToken } from './verify.ts'
