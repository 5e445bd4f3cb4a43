/**
 * A text encrypted at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. Written
 * `1.NONCE.CIPHERTEXT.TAG` in base64url; 1 is the version of this form. Knows nothing of what it seals.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'

/** Whose text it is. It is not in the sealed form, but another one does not open it. */
export interface SealedFor {
  readonly kid: string
  readonly alg: string
}

/** What was sealed was changed, or was sealed under another key or for another one. */
export class SealError extends Error {
  override readonly name = 'SealError'
}

const VERSION = '1'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEALED = /^1\.([\w-]{16})\.([\w-]+)\.([\w-]{22})$/

/** @param key 256 bits. */
export function seal(text: string, key: KeyObject, owner: SealedFor): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(associated(owner))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const parts = [nonce, sealed, cipher.getAuthTag()].map((part) => part.toString('base64url'))
  return [VERSION, ...parts].join('.')
}

/** @throws {SealError} Without its cause, and without anything of what is sealed. */
export function unseal(sealed: string, key: KeyObject, owner: SealedFor): string {
  const [, ...parts] = SEALED.exec(sealed) ?? []
  if (parts.length === 0) throw refused(owner)
  const [nonce, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url')) as [
    Buffer,
    Buffer,
    Buffer,
  ]
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(associated(owner))
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
  } catch {
    throw refused(owner)
  }
}

const associated = ({ kid, alg }: SealedFor): Buffer =>
  Buffer.from(JSON.stringify([VERSION, kid, alg]))

const refused = ({ kid }: SealedFor): SealError =>
  new SealError(`the private key ${kid} in the database was changed, and cannot be opened`)
