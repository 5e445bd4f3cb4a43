/**
 * Whether bytes that are to be a secret are a key of a key pair in truth, or a certificate. Whoever
 * knows the public half could sign with such a "secret" (RFC 8725 §2.1). Bare key material without any
 * form, as 32 bytes of Ed25519 or a modulus, cannot be told from chance.
 *
 * @module
 */
import { ECDH, X509Certificate } from 'node:crypto'
import { CURVES } from './ec.ts'
import { DER_READERS } from './pem.ts'

/** Every pattern takes time in proportion to the text. */
const TEXTS: readonly RegExp[] = [
  // PEM, and the SSH2 form of RFC 4716.
  /---- ?BEGIN /,
  /PuTTY-User-Key-File-/,
  // A JWK or a set of them.
  /"(?:kty|keys)"\s*:/,
  // The start of an OpenSSH key: the length of the name of its kind, and the name. In base64 too.
  /AAAA[A-Z](?:[3X]NzaC1|2VjZHNh|nNrL[WX])/,
  /^\0\0\0[\x07-\x30](?:sk-)?(?:ssh|ecdsa-sha2)-/,
]

/** Whether the bytes, or what they stand for in base64, hexadecimal or UTF-16, are in such a form. */
export function isKeyPairForm(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  return [
    bytes,
    Buffer.from(text.replaceAll('\0', ''), 'latin1'),
    Buffer.from(text, 'base64'),
    Buffer.from(text.replace(/[\s:]/g, ''), 'hex'),
  ].some(isBareForm)
}

function isBareForm(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  return TEXTS.some((pattern) => pattern.test(text)) || isDer(bytes) || isPoint(bytes)
}

function isDer(bytes: Buffer): boolean {
  // Every one of these is an ASN.1 SEQUENCE; the parsers are asked only then.
  if (bytes[0] !== 0x30) return false
  const readers = [...DER_READERS.values(), (der: Buffer) => new X509Certificate(der)]
  return readers.some((read) => succeeds(() => read(bytes)))
}

/** Uncompressed: the first byte, then x and y. */
function isPoint(bytes: Buffer): boolean {
  const curve = CURVES.get((bytes.length - 1) / 2)
  if (curve === undefined || bytes[0] !== 4) return false
  return succeeds(() => ECDH.convertKey(bytes, curve))
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}
