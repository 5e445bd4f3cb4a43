/**
 * Checking a token: shape, key, algorithm, signature, and only then what it says. Revocation and
 * "used once" are not looked at: those need a store, and this package has none.
 *
 * @module
 */
import {
  type Claims,
  checkClaims,
  type Expectations,
  type LenientClaims,
  type VerifiedClaims,
} from './claims.ts'
import { type CompactJws, type JoseHeader, parseCompact, parseObject } from './compact.ts'
import { TokenError } from './errors.ts'
import { type CheckedKeys, candidates, demandKeys, type VerificationKeys } from './keyring.ts'
import { expectationsOf, type LenientOptions, type VerifyOptions } from './options.ts'

export interface VerifiedJws {
  readonly header: JoseHeader
  readonly payload: Uint8Array
}

/**
 * Checks a signature over any payload (RFC 7515 §5.2).
 *
 * @param token Compact JWS, at most 8192 characters.
 * @throws {TokenError} `malformed`, `unknown_key`, `alg_not_allowed` or `bad_signature`.
 * @throws {TypeError} When `keys` holds no key.
 */
export async function verifyJws(token: string, keys: VerificationKeys): Promise<VerifiedJws> {
  const { header, payload } = authenticate(token, demandKeys(keys))
  // A copy: the parser's bytes lie in memory that Node shares among small buffers.
  return { header, payload: new Uint8Array(payload) }
}

/**
 * Checks a token and returns its claims. Only what is in `options` and RFC 7519 §4.1 is trusted:
 * the algorithm comes from the key (RFC 8725 §3.1), `exp` and `iss` are demanded; only `iss` where
 * claims are optional.
 *
 * @param token Compact JWS, at most 8192 characters.
 * @throws {TokenError} With a `reason`. The token itself is never part of the message.
 * @throws {TypeError | RangeError} When the options or keys are wrong, whatever the token.
 */
export async function verifyToken(
  token: string,
  keys: VerificationKeys,
  options: LenientOptions,
): Promise<LenientClaims>
export async function verifyToken(
  token: string,
  keys: VerificationKeys,
  options: VerifyOptions,
): Promise<VerifiedClaims>
export async function verifyToken(
  token: string,
  keys: VerificationKeys,
  options: VerifyOptions,
): Promise<VerifiedClaims> {
  const expected = expectationsOf(options)
  const { header, payload } = authenticate(token, demandKeys(keys))
  return checkContent(header.typ, parseObject('payload', payload), expected)
}

/** What is left to do once the signature is known to be good. @throws {TokenError} */
export function checkContent(
  typ: string | undefined,
  claims: Claims,
  expected: Expectations,
): VerifiedClaims {
  if (expected.typ !== undefined && !isTyp(typ, expected.typ)) throw new TokenError('wrong_type')
  return checkClaims(claims, expected)
}

/** Everything up to the signature. @throws {TokenError} */
export function authenticate(token: unknown, keys: CheckedKeys): CompactJws {
  const jws = parseCompact(token)
  const { header, signature, signingInput } = jws
  const named = candidates(keys, header.kid)
  if (named.length === 0) throw new TokenError('unknown_key')
  let fits = false
  for (const key of named) {
    if (key.alg !== header.alg) continue
    fits = true
    if (signature.length > 0 && key.verify(signingInput, signature)) return jws
  }
  if (!fits) throw new TokenError('alg_not_allowed')
  if (signature.length > 0) throw new TokenError('bad_signature')
  throw new TokenError('malformed', { detail: 'the signature is empty' })
}

/** RFC 7515 §4.1.9: media types without `application/`, compared without regard to case. */
function isTyp(typ: string | undefined, wanted: string): boolean {
  return typ === wanted || (typ !== undefined && mediaType(typ) === mediaType(wanted))
}

function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}
