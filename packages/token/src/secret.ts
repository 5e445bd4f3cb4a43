/**
 * From what an operator configures to the bytes of an HMAC secret, and which bytes are no secret at
 * all. Knows nothing of JWK or algorithms. What a secret says never reaches a message, except one
 * character that is outside its alphabet.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { KeyError } from './errors.ts'

const STRAY = {
  utf8: /[\ud800-\udfff]/u,
  base64: /[^A-Za-z0-9+/=]/u,
  base64url: /[^A-Za-z0-9_-]/u,
  hex: /[^0-9A-Fa-f]/u,
} as const

/** How a secret is written as text. `base64` has its padding, `base64url` has none. */
export type SecretEncoding = keyof typeof STRAY

/**
 * The bytes that `text` stands for. Nothing is skipped or guessed: a file's last newline, a wrong
 * padding or half a byte is an error, since the other side would compute with another key.
 *
 * @throws {KeyError} `malformed`, with the first stray character and its position, counted from 1.
 */
export function decodeSecret(text: string, encoding: SecretEncoding): Buffer {
  if (!Object.hasOwn(STRAY, encoding)) throw new KeyError('malformed', 'no such encoding')
  const stray = text.search(STRAY[encoding])
  if (stray !== -1) {
    const character = JSON.stringify(String.fromCodePoint(text.codePointAt(stray) as number))
    throw new KeyError(
      'malformed',
      `character ${character} at position ${stray + 1} is not ${encoding}`,
    )
  }
  const bytes = Buffer.from(text, encoding)
  const written = bytes.toString(encoding)
  if (written !== (encoding === 'hex' ? text.toLowerCase() : text)) {
    throw new KeyError('malformed', `the secret is not whole ${encoding}: check its end`)
  }
  return bytes
}

/**
 * The secrets that jwt.io fills in, long enough to pass for real ones. Shorter classics (`secret`,
 * `changeme`, `my_precious`, `your-256-bit-secret`) already fail for their length.
 */
const PUBLISHED = new Set([
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
])

export function isPublished(secret: Uint8Array): boolean {
  return PUBLISHED.has(Buffer.from(secret).toString('latin1'))
}

/**
 * Whether the bytes are a key of a key pair, or a certificate: as PEM, SSH, JWK, JWKS or DER, bare
 * or in base64. Whoever knows the public half could sign with such a "secret" (RFC 8725 §2.1).
 */
export function looksLikeKeyPair(secret: Uint8Array): boolean {
  const bytes = Buffer.from(secret)
  const text = bytes.toString('latin1')
  return (
    /-----BEGIN |\b(?:ssh|ecdsa-sha2)-[\w@.-]+ AAAA/.test(text) ||
    /^[^{]{0,8}\{.*"(?:kty|keys)"/s.test(text) ||
    isDer(bytes) ||
    isDer(Buffer.from(text, 'base64'))
  )
}

function isDer(bytes: Buffer): boolean {
  // Every one of these is an ASN.1 SEQUENCE; the parsers are asked only then.
  if (bytes[0] !== 0x30) return false
  return [
    () => createPublicKey({ key: bytes, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: bytes, format: 'der', type: 'pkcs1' }),
    () => createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key: bytes, format: 'der', type: 'pkcs1' }),
    () => createPrivateKey({ key: bytes, format: 'der', type: 'sec1' }),
    () => new X509Certificate(bytes),
  ].some(succeeds)
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}
