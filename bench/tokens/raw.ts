/**
 * What `node:crypto` takes for the same bytes: key, bytes and signature made ready, nothing parsed,
 * nothing encoded, no claim looked at. What a library adds is the rest.
 *
 * @module
 */
import { createHmac, sign, timingSafeEqual, verify } from 'node:crypto'
import type { Keys } from './keys.ts'

const isSecret = ({ privateKey }: Keys) => privateKey.type === 'secret'

/** The bytes that the signature of `token` is over, and the signature. */
function partsOf(token: string) {
  const dot = token.lastIndexOf('.')
  return {
    bytes: Buffer.from(token.slice(0, dot), 'latin1'),
    signature: Buffer.from(token.slice(dot + 1), 'base64url'),
  }
}

/** Signs the bytes of `token` on the calling thread. */
export function rawSign(keys: Keys, token: string): () => Buffer {
  const { bytes } = partsOf(token)
  const { hash, parameters, privateKey } = keys
  if (isSecret(keys))
    return () =>
      createHmac(hash ?? '', privateKey)
        .update(bytes)
        .digest()
  const key = { ...parameters, key: privateKey }
  return () => sign(hash, bytes, key)
}

/** The same on libuv's threads. */
export function rawSignElsewhere(keys: Keys, token: string): () => Promise<Buffer> {
  const { bytes } = partsOf(token)
  const key = { ...keys.parameters, key: keys.privateKey }
  return () =>
    new Promise((resolve, reject) => {
      sign(keys.hash, bytes, key, (error, signature) =>
        error === null ? resolve(signature) : reject(error),
      )
    })
}

/** Checks the signature of `token`. */
export function rawVerify(keys: Keys, token: string): () => boolean {
  const { bytes, signature } = partsOf(token)
  const { hash, parameters, publicKey } = keys
  if (isSecret(keys)) {
    return () =>
      timingSafeEqual(
        createHmac(hash ?? '', publicKey)
          .update(bytes)
          .digest(),
        signature,
      )
  }
  const key = { ...parameters, key: publicKey }
  return () => verify(hash, bytes, key, signature)
}
