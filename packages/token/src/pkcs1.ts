/**
 * RSASSA-PKCS1-v1_5, checked as RFC 8017 §8.2.2 has it: what a good signature must open to is
 * written out and compared, and no padding is ever parsed, which is where forgeries get in. A
 * one-shot hash and the bare operation with the public key take less time than `verify`.
 *
 * @module
 */
import { constants, hash, type KeyObject, publicDecrypt } from 'node:crypto'
import { HASHES, type HashName } from './hmac.ts'

/** A DigestInfo in DER up to the digest (RFC 8017 §9.2, note 1). */
const DIGEST_INFO: Record<HashName, string> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

/** Whether `signature` is that of `text`, which is base64url and dots. */
type Check = (key: KeyObject, text: string, signature: Uint8Array) => boolean

/** What is made ready for a key lives as long as its KeyObject. */
export function pkcs1With(name: HashName): Check {
  const ready = new WeakMap<KeyObject, Buffer>()
  return (key, text, signature) => {
    let message = ready.get(key)
    if (message === undefined) {
      message = withoutDigest(name, key)
      ready.set(key, message)
    }
    if (signature.length !== message.length) return false
    const digest = hash(name, text, 'latin1')
    message.write(digest, message.length - HASHES[name].hashBytes, 'latin1')
    return message.equals(opened(key, signature))
  }
}

/** As long as the modulus: 00 01, filler, 00, DigestInfo, and room for the digest (§9.2). */
function withoutDigest(name: HashName, key: KeyObject): Buffer {
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const info = Buffer.from(DIGEST_INFO[name], 'hex')
  const message = Buffer.alloc(Math.ceil(modulusLength / 8), 0xff)
  message.set([0, 1])
  const start = message.length - HASHES[name].hashBytes - info.length
  message[start - 1] = 0
  message.set(info, start)
  return message
}

const NOTHING = Buffer.alloc(0)

/** The signature to the power of the public exponent (§5.2.2); nothing when it is no less than the modulus. */
function opened(key: KeyObject, signature: Uint8Array): Buffer {
  try {
    return publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_MODULUS') {
      return NOTHING
    }
    throw error
  }
}
