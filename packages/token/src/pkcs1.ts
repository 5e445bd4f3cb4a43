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

interface Ready {
  readonly modulus: Buffer
  /** What a good signature opens to, and in its last bytes the digest of the text before. */
  readonly message: Buffer
}

/** What is made ready for a key lives as long as its KeyObject. */
export function pkcs1With(name: HashName): Check {
  const ready = new WeakMap<KeyObject, Ready>()
  return (key, text, signature) => {
    let known = ready.get(key)
    if (known === undefined) {
      known = makeReady(name, key)
      ready.set(key, known)
    }
    const { modulus, message } = known
    // §8.2.2 step 1 and §5.2.2 step 1. Not left to OpenSSL: what it throws may be the error of another call.
    if (signature.length !== modulus.length || modulus.compare(signature) <= 0) return false
    message.write(hash(name, text, 'latin1'), message.length - HASHES[name].hashBytes, 'latin1')
    return message.equals(publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature))
  }
}

/** The message is as long as the modulus: 00 01, filler, 00, DigestInfo, and room for the digest (§9.2). */
function makeReady(name: HashName, key: KeyObject): Ready {
  const { n = '' } = key.export({ format: 'jwk' })
  const modulus = Buffer.from(n, 'base64url')
  const info = Buffer.from(DIGEST_INFO[name], 'hex')
  const message = Buffer.alloc(modulus.length, 0xff)
  message.set([0, 1])
  const start = message.length - HASHES[name].hashBytes - info.length
  message[start - 1] = 0
  message.set(info, start)
  return { modulus, message }
}
