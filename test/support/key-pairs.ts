import { generateKeyPairSync, type KeyObject } from 'node:crypto'

/** A key pair in every form in which its halves are handed around. */
export function keyPair(kind: 'rsa' | 'ec' | 'ed25519' = 'rsa', options: object = {}) {
  const defaults = { modulusLength: 2048, namedCurve: 'P-256' }
  const { publicKey, privateKey } = generateKeyPairSync(kind as 'rsa', { ...defaults, ...options })
  return {
    publicKey: publicKey as KeyObject,
    privateKey: privateKey as KeyObject,
    pem: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    jwk: publicKey.export({ format: 'jwk' }) as Record<string, string>,
    privateJwk: privateKey.export({ format: 'jwk' }) as Record<string, string>,
  }
}
