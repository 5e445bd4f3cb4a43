/**
 * HMAC (RFC 2104) as what it is defined to be: a hash of the padded key and the hash of the padded
 * key and the text. Two one-shot hashes take half the time of `createHmac`, which makes and frees a
 * stream and several OpenSSL objects for each of these short texts.
 *
 * @module
 */
import { hash, type KeyObject } from 'node:crypto'

/** In bytes (FIPS 180-4 figure 1). */
export const HASHES = {
  sha256: { blockBytes: 64, hashBytes: 32 },
  sha384: { blockBytes: 128, hashBytes: 48 },
  sha512: { blockBytes: 128, hashBytes: 64 },
} as const

export type HashName = keyof typeof HASHES

/** Longer texts than tokens are hashed as well, but not from a buffer that is kept. */
const KEPT_BYTES = 8192

/** The MAC of a text in which every character is one byte. */
export interface Hmac {
  base64url(text: string): string
  bytes(text: string): Buffer
}

/** What is made ready for a secret lives as long as its KeyObject. */
export function hmacWith(name: HashName): (secret: KeyObject) => Hmac {
  const ready = new WeakMap<KeyObject, Hmac>()
  return (secret) => {
    let hmac = ready.get(secret)
    if (hmac === undefined) {
      hmac = makeReady(name, secret.export())
      ready.set(secret, hmac)
    }
    return hmac
  }
}

function makeReady(name: HashName, secret: Buffer): Hmac {
  const { blockBytes, hashBytes } = HASHES[name]
  // §2: a secret longer than a block is replaced by its hash.
  const key = secret.length > blockBytes ? hash(name, secret, 'buffer') : secret
  const inner = padded(key, 0x36, blockBytes, KEPT_BYTES)
  const outer = padded(key, 0x5c, blockBytes, hashBytes)

  function innerBytes(text: string): Buffer {
    if (text.length > KEPT_BYTES) {
      return Buffer.concat([inner.subarray(0, blockBytes), Buffer.from(text, 'latin1')])
    }
    return inner.subarray(0, blockBytes + inner.write(text, blockBytes, 'latin1'))
  }

  /** From one hash to the other as text: that costs less than a Buffer. */
  function outerBytes(text: string): Buffer {
    outer.write(hash(name, innerBytes(text), 'latin1'), blockBytes, 'latin1')
    return outer
  }

  return {
    base64url: (text) => hash(name, outerBytes(text), 'base64url'),
    bytes: (text) => Buffer.from(hash(name, outerBytes(text), 'latin1'), 'latin1'),
  }
}

/** The key with every byte changed by `pad` up to the end of the block, and room for `more` bytes. */
function padded(key: Uint8Array, pad: number, blockBytes: number, more: number): Buffer {
  const bytes = Buffer.alloc(blockBytes + more)
  bytes.fill(pad, 0, blockBytes)
  for (const [i, byte] of key.entries()) bytes[i] = byte ^ pad
  return bytes
}
