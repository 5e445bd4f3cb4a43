/**
 * Minting. What is signed is what the caller gives, member for member: lives, issuers and ids are
 * decided elsewhere.
 *
 * @module
 */
import { encodeBase64url } from './base64url.ts'
import type { Claims } from './claims.ts'
import { MAX_TOKEN_CHARACTERS } from './compact.ts'
import type { Key } from './key.ts'

export interface SignOptions {
  /** What kind of token it is (RFC 7515 §4.1.9): a text without NUL and halves of surrogate pairs. */
  readonly typ?: string | undefined
}

/** NUL and halves of surrogate pairs as JSON.stringify writes them, not a backslash and letters. */
const UNREADABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

/**
 * Signs any payload that is not empty, as a compact JWS (RFC 7515 §5.1). The header is `typ` if
 * given, `alg`, and `kid` if the key has one, in this order.
 *
 * @throws {TypeError} When the key is for verifying only, the payload empty, or `typ` no such text.
 * @throws {RangeError} When the token would be longer than a verifier reads.
 */
export async function signJws(
  payload: Uint8Array | string,
  key: Key,
  { typ }: SignOptions = {},
): Promise<string> {
  return compact(payload, key, typ)
}

/**
 * Signs a claims set; `typ` is `JWT` unless given. Claims keep their order, those that are undefined
 * are left out. Their values are the caller's: an `exp` of NaN is signed as null, a number beyond
 * 2^53 - 1 as it is, and no verifier takes the token.
 *
 * @throws {TypeError} When the key is for verifying only, `claims` is no object, or a text in it or
 *   `typ` holds NUL or half of a surrogate pair.
 * @throws {RangeError} When the token would be longer than a verifier reads.
 */
export async function signToken(
  claims: Claims,
  key: Key,
  { typ = 'JWT' }: SignOptions = {},
): Promise<string> {
  const json: string | undefined = JSON.stringify(claims)
  if (!json?.startsWith('{')) throw new TypeError('claims is not an object')
  // Nearly no text has a \u: looking for one first takes a fraction of what the pattern takes.
  if (json.includes('\\u') && UNREADABLE.test(json)) {
    throw new TypeError('a claim holds NUL or half of a surrogate pair')
  }
  return compact(json, key, typ)
}

function compact(
  payload: Uint8Array | string,
  key: Key,
  typ: string | undefined,
): string | Promise<string> {
  // It could not be told from a detached one, and verifiers refuse it.
  if (payload.length === 0) throw new TypeError('the payload is empty')
  const input = key.prefix(typ) + encodeBase64url(payload)
  const signature = key.sign(input)
  // What is there already is not waited for: most algorithms answer at once.
  return typeof signature === 'string'
    ? join(input, signature)
    : signature.then((late) => join(input, late))
}

function join(input: string, signature: string): string {
  const token = `${input}.${signature}`
  if (token.length > MAX_TOKEN_CHARACTERS) {
    throw new RangeError(`the token has ${token.length} characters of ${MAX_TOKEN_CHARACTERS}`)
  }
  return token
}
