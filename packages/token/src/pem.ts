/**
 * PEM read strictly: one block of a key, nothing before it and nothing after it. What a lax reader
 * skips is what makes one program see a public key where another sees a secret (CVE-2026-34950).
 *
 * @module
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Algorithm } from './algorithms.ts'
import { KeyError } from './errors.ts'
import type { Members } from './members.ts'

/** The labels of RFC 7468 §10 and §13, and those of OpenSSL before it. */
export const DER_READERS: ReadonlyMap<string, (der: Buffer) => KeyObject> = new Map([
  ['PUBLIC KEY', (key: Buffer) => createPublicKey({ key, format: 'der', type: 'spki' })],
  ['RSA PUBLIC KEY', (key: Buffer) => createPublicKey({ key, format: 'der', type: 'pkcs1' })],
  ['PRIVATE KEY', (key: Buffer) => createPrivateKey({ key, format: 'der', type: 'pkcs8' })],
  ['RSA PRIVATE KEY', (key: Buffer) => createPrivateKey({ key, format: 'der', type: 'pkcs1' })],
  ['EC PRIVATE KEY', (key: Buffer) => createPrivateKey({ key, format: 'der', type: 'sec1' })],
])

/** What is often given instead, and what to do about it. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['CERTIFICATE', 'it is a certificate: give the public key in it'],
  ['ENCRYPTED PRIVATE KEY', 'it is encrypted: decrypt it first'],
  ['OPENSSH PRIVATE KEY', 'it is in the form of OpenSSH: convert it to PKCS#8'],
])

/**
 * The key of one PEM block, as the members of a JWK.
 *
 * @throws {KeyError} `malformed`, `unsupported`, or `wrong_kty` for a key of another algorithm.
 */
export function readPem(pem: unknown, algorithm: Algorithm): Members {
  const key = keyOf(pem)
  if (key.asymmetricKeyType === 'rsa-pss') {
    throw new KeyError('unsupported', 'a key bound to RSASSA-PSS: give it as a plain RSA key')
  }
  const { name, keyType, crv } = algorithm
  if (key.asymmetricKeyType !== keyType) {
    throw new KeyError('wrong_kty', `${name} takes keys of type ${keyType}`)
  }
  try {
    return { ...key.export({ format: 'jwk' }) }
  } catch {
    // Curves that have no name among JWKs, and ML-DSA keys that were stored without their seed.
    throw crv === undefined
      ? new KeyError('unsupported', 'it cannot be written as a JWK: its seed is missing')
      : new KeyError('wrong_kty', `${name} takes crv ${crv}`)
  }
}

function keyOf(pem: unknown): KeyObject {
  const { label, der } = blockOf(pem)
  const read = DER_READERS.get(label)
  if (read === undefined) {
    throw new KeyError('unsupported', OTHERS.get(label) ?? 'its label is that of no key')
  }
  try {
    if (isOneSequence(der)) return read(der)
  } catch {
    // OpenSSL's message is of no use to whoever configured the key.
  }
  throw new KeyError('malformed', `what is in it is no ${label}`)
}

function blockOf(pem: unknown): { label: string; der: Buffer } {
  if (typeof pem !== 'string') throw malformed('the PEM is not a string')
  const blocks = pem.split('-----BEGIN ', 3).length - 1
  if (blocks === 0) throw malformed('it is no PEM')
  if (blocks > 1) throw malformed('it holds more than one block: give the one of the key')
  if (!pem.startsWith('-----BEGIN ')) {
    throw malformed(`${nameOf(pem)} stands before -----BEGIN`)
  }
  const lines = pem.replace(/\r?\n$/, '').split(/\r?\n/)
  const [, label = ''] = /^-----BEGIN ([A-Z0-9 ]+)-----$/.exec(lines[0] as string) ?? []
  const end = lines.indexOf(`-----END ${label}-----`)
  if (label === '' || end === -1) throw malformed('its first and last line do not match')
  if (end !== lines.length - 1) throw malformed('something stands after its last line')
  if (lines.some((line) => line.startsWith('Proc-Type:'))) {
    throw new KeyError('unsupported', 'it is encrypted: decrypt it first')
  }
  const body = lines.slice(1, -1)
  if (body.includes('')) throw malformed('an empty line stands in it')
  const text = body.join('')
  const der = Buffer.from(text, 'base64')
  if (der.toString('base64') !== text) throw malformed('what is in it is not base64')
  return { label, der }
}

const BEFORE: readonly (readonly [RegExp, string])[] = [
  [/^\ufeff/, 'a byte order mark'],
  [/^[\u200b-\u200d\u2060]/, 'a character without width'],
  [/^\s/, 'white space'],
]

function nameOf(text: string): string {
  return BEFORE.find(([pattern]) => pattern.test(text))?.[1] ?? 'text'
}

/** Whether DER is one SEQUENCE from end to end: OpenSSL leaves what follows unread. */
function isOneSequence(der: Buffer): boolean {
  const [tag, first = 0] = der
  if (tag !== 0x30) return false
  if (first < 0x80) return der.length === 2 + first
  const size = first & 0x7f
  if (size < 1 || size > 3 || der.length < 2 + size) return false
  return der.length === 2 + size + der.readUIntBE(2, size)
}

function malformed(detail: string): KeyError {
  return new KeyError('malformed', detail)
}
