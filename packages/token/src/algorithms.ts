/**
 * What is known of each signature algorithm, one row each (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9964
 * §4), with what a key of it must have. The row is chosen by the key, never by a token (RFC 8725
 * §3.1). Knows nothing of tokens and headers.
 *
 * Everything is done on the calling thread, where it takes microseconds, except signing with RSA:
 * that takes half a millisecond, and so is left to libuv's threads. `createVerify` takes less
 * than the one-shot `verify`, which needs the text as bytes.
 *
 * @module
 */
import {
  constants,
  createVerify,
  generateKeyPairSync,
  type KeyObject,
  type SignKeyObjectInput,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes,
} from 'node:crypto'
import { HASHES, type HashName, hmacWith } from './hmac.ts'
import { pkcs1With } from './pkcs1.ts'

export type KeyType = 'oct' | 'RSA' | 'EC' | 'OKP' | 'AKP'

export interface Algorithm {
  /** The name in `alg`, case-sensitive. */
  readonly name: string
  /** The `kty` of its keys (RFC 7518 §6.1). */
  readonly kty: KeyType
  /** The smallest secret: as long as the hash (RFC 7518 §3.2). */
  readonly minimumBytes?: number
  /** The `crv` of its keys, where they have one. */
  readonly crv?: string
  /** How `node:crypto` calls its keys, the secrets excepted. */
  readonly keyType?: string
  /** The bytes of those members of a JWK that have one length only. */
  readonly lengths?: Readonly<Record<string, number>>
  /** The signature of `input`, base64url. */
  readonly sign: (key: KeyObject, input: string) => string | Promise<string>
  readonly verify: (key: KeyObject, input: string, signature: Uint8Array) => boolean
}

function hmac(name: string, hash: HashName): Algorithm {
  const hmacOf = hmacWith(hash)
  return {
    name,
    kty: 'oct',
    minimumBytes: HASHES[hash].hashBytes,
    sign: (key, input) => hmacOf(key).base64url(input),
    verify: (key, input, signature) => {
      const expected = hmacOf(key).bytes(input)
      // timingSafeEqual throws on unequal lengths; the length of a hash is no secret.
      return expected.length === signature.length && timingSafeEqual(expected, signature)
    },
  }
}

type Parameters = Omit<SignKeyObjectInput, 'key'>

function rsa(name: string, hash: string, parameters: Parameters): Omit<Algorithm, 'verify'> {
  return {
    name,
    kty: 'RSA',
    keyType: 'rsa',
    sign: (key, input) =>
      new Promise((resolve, reject) => {
        signBytes(hash, latin1(input), { ...parameters, key }, (error, signature) =>
          error === null ? resolve(signature.toString('base64url')) : reject(error),
        )
      }),
  }
}

const pkcs1 = (name: string, hash: HashName): Algorithm => ({
  ...rsa(name, hash, { padding: constants.RSA_PKCS1_PADDING }),
  verify: pkcs1With(hash),
})

/** The salt is as long as the hash, and MGF1 uses the same hash (RFC 7518 §3.5). */
function pss(name: string, hash: string, saltLength: number): Algorithm {
  const parameters = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  return {
    ...rsa(name, hash, parameters),
    verify: (key, input, signature) =>
      createVerify(hash)
        .update(input, 'latin1')
        .verify({ ...parameters, key }, signature),
  }
}

/** Signatures are R and S side by side and never DER (RFC 7518 §3.4). */
function ecdsa(name: string, hash: string, crv: string, bytes: number): Algorithm {
  return {
    name,
    kty: 'EC',
    keyType: 'ec',
    crv,
    lengths: { x: bytes, y: bytes, d: bytes },
    sign: (key, input) =>
      signBytes(hash, latin1(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
    // Of another length createVerify throws.
    verify: (key, input, signature) =>
      signature.length === 2 * bytes &&
      createVerify(hash)
        .update(input, 'latin1')
        .verify({ key, dsaEncoding: 'ieee-p1363' }, signature),
  }
}

/** Algorithms that hash by themselves. */
function pure(row: Omit<Algorithm, 'sign' | 'verify'>): Algorithm {
  return {
    ...row,
    sign: (key, input) => signBytes(null, latin1(input), key).toString('base64url'),
    verify: (key, input, signature) => verifyBytes(null, latin1(input), key, signature),
  }
}

const mlDsa = (name: string, pub: number) =>
  pure({ name, kty: 'AKP', keyType: name.toLowerCase(), lengths: { pub, priv: 32 } })

// What is signed is base64url and a dot, where this is the quickest encoder.
const latin1 = (input: string): Buffer => Buffer.from(input, 'latin1')

/** Tried and not looked up: it takes both an OpenSSL that knows ML-DSA and a Node that writes JWKs. */
function hasMlDsa(): boolean {
  try {
    const { publicKey } = generateKeyPairSync('ml-dsa-44')
    return publicKey.export({ format: 'jwk' }).kty === 'AKP'
  } catch {
    return false
  }
}

// A Map and not an object: a name like `constructor` finds nothing.
export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map(
  [
    hmac('HS256', 'sha256'),
    hmac('HS384', 'sha384'),
    hmac('HS512', 'sha512'),
    pkcs1('RS256', 'sha256'),
    pkcs1('RS384', 'sha384'),
    pkcs1('RS512', 'sha512'),
    pss('PS256', 'sha256', 32),
    pss('PS384', 'sha384', 48),
    pss('PS512', 'sha512', 64),
    ecdsa('ES256', 'sha256', 'P-256', 32),
    ecdsa('ES384', 'sha384', 'P-384', 48),
    ecdsa('ES512', 'sha512', 'P-521', 66),
    pure({
      name: 'EdDSA',
      kty: 'OKP',
      keyType: 'ed25519',
      crv: 'Ed25519',
      lengths: { x: 32, d: 32 },
    }),
    ...(hasMlDsa()
      ? [mlDsa('ML-DSA-44', 1312), mlDsa('ML-DSA-65', 1952), mlDsa('ML-DSA-87', 2592)]
      : []),
  ].map((row) => [row.name, row]),
)
