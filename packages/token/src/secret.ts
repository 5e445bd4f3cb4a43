/**
 * From what an operator configures as a secret to an HMAC key, and what is no secret at all. Knows
 * nothing of JWK. What a secret says never reaches a message, except one character that is outside
 * its alphabet.
 *
 * @module
 */
import { createSecretKey } from 'node:crypto'
import type { Algorithm } from './algorithms.ts'
import { KeyError } from './errors.ts'
import type { KeyMaterial } from './key.ts'
import { isKeyPairForm } from './key-pair-form.ts'

/** What the text of a secret must not contain, by encoding. */
const STRAY = {
  utf8: /[\ud800-\udfff]/u,
  base64: /[^A-Za-z0-9+/=]/u,
  base64url: /[^A-Za-z0-9_-]/u,
  hex: /[^0-9A-Fa-f]/u,
} as const

/** How a secret is written as text. `base64` has its padding, `base64url` has none. */
export type SecretEncoding = keyof typeof STRAY

/**
 * The secrets that jwt.io fills in, long enough to pass for real ones. Shorter classics (`secret`,
 * `changeme`, `my_precious`, `your-256-bit-secret`) already fail for their length.
 */
const PUBLISHED = new Set([
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
])

export interface SecretOptions {
  /** Takes secrets shorter than the hash, and published ones. For development. Default false. */
  readonly allowShortSecret?: boolean
}

/**
 * A key of the bytes given, or of those that a string stands for.
 *
 * @throws {KeyError} `empty`, `malformed`, `not_a_secret`, `too_short` (RFC 7518 §3.2), `published`.
 */
export function secretKey(
  secret: unknown,
  encoding: unknown,
  { name, minimumBytes = 0 }: Algorithm,
  { allowShortSecret = false }: SecretOptions,
): KeyMaterial {
  const bytes = secretBytes(secret, encoding)
  if (bytes.length === 0) throw new KeyError('empty')
  if (isKeyPairForm(bytes)) throw new KeyError('not_a_secret')
  if (!allowShortSecret && bytes.length < minimumBytes) {
    throw new KeyError('too_short', `${name} needs ${minimumBytes} bytes, it has ${bytes.length}`)
  }
  if (!allowShortSecret && PUBLISHED.has(bytes.toString('latin1'))) throw new KeyError('published')
  const key = createSecretKey(bytes)
  return { keyObject: key, signingObject: key }
}

function secretBytes(secret: unknown, encoding: unknown): Buffer {
  // Absent settings arrive as undefined, null or '': a server must not start with one of them.
  if (secret === undefined || secret === null) throw new KeyError('empty')
  if (typeof secret === 'string') return decodeSecret(secret, encoding)
  if (secret instanceof Uint8Array) return Buffer.from(secret)
  throw new KeyError('malformed', 'a secret is a string or a Uint8Array')
}

/**
 * Nothing is skipped or guessed: a file's last newline, a wrong padding or half a byte is an error,
 * since the other side would compute with another key. Positions are counted from 1.
 */
function decodeSecret(text: string, encoding: unknown): Buffer {
  if (!isEncoding(encoding)) throw new KeyError('malformed', 'no such encoding')
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

function isEncoding(encoding: unknown): encoding is SecretEncoding {
  return typeof encoding === 'string' && Object.hasOwn(STRAY, encoding)
}
