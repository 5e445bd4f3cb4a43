/**
 * What is known of each signature algorithm, one row each (RFC 7518 §3.1). The row is chosen by the
 * key, never by a token (RFC 8725 §3.1). Knows nothing of tokens, headers or how keys are written.
 *
 * @module
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'

export interface Algorithm {
  /** The name in `alg`, case-sensitive. */
  readonly name: string
  /** The `kty` of its keys (RFC 7518 §6.1). */
  readonly kty: 'oct'
  /** The smallest secret: as long as the hash (RFC 7518 §3.2). */
  readonly minimumBytes: number
  /** The signature of `input`, base64url. */
  readonly sign: (key: KeyObject, input: string) => string
  readonly verify: (key: KeyObject, input: string, signature: Uint8Array) => boolean
}

function hmac(name: string, hash: string, minimumBytes: number): Algorithm {
  return {
    name,
    kty: 'oct',
    minimumBytes,
    sign: (key, input) => createHmac(hash, key).update(input).digest('base64url'),
    verify: (key, input, signature) => {
      const expected = createHmac(hash, key).update(input).digest()
      // timingSafeEqual throws on unequal lengths; the length of a hash is no secret.
      return expected.length === signature.length && timingSafeEqual(expected, signature)
    },
  }
}

// A Map and not an object: a name like `constructor` finds nothing.
export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map(
  [hmac('HS256', 'sha256', 32), hmac('HS384', 'sha384', 48), hmac('HS512', 'sha512', 64)].map(
    (row) => [row.name, row],
  ),
)
