/**
 * A public key as others hand it over, pinned to one algorithm: what a client registers, and what a key
 * server answers. Knows nothing of HTTP and of who the key belongs to.
 */
import {
  importKey,
  type JwkInput,
  type Key,
  KeyError,
  publicJwk,
  thumbprint as thumbprintOf,
} from '@jotter/token'

/** PEM, or a JWK. */
export type PublicKeyInput = string | JwkInput

/**
 * The algorithm of a key that names none, the first that takes it. Where a key could serve several, as
 * RSA could, its JWK may name another.
 */
const ALGORITHMS = [
  'RS256',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
]
/** Another algorithm may take it; or this runtime does not have this one. */
const TRY_NEXT: readonly string[] = ['wrong_kty', 'unknown_alg']

const PRIVATE_PEM = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/
const HALF = 'its public half is what `openssl pkey -in KEY -pubout` prints'
/** Members of the private half, of any kind of key. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv']

/** What can stand in a URL as it is. */
const KID = /^(?!\.{1,2}$)[A-Za-z0-9._~:@-]{1,128}$/

/**
 * @throws {KeyError} `private` for a private key, `unsupported` for a secret, and whatever `importKey`
 *   has against the key. No part of the key is in a message.
 */
export function readPublicKey(input: PublicKeyInput): Key {
  refuseSecret(input)
  const members: Members = typeof input === 'string' ? { pem: input } : input
  const key = members.alg === undefined ? pinned(members) : importKey(members, PUBLIC)
  if (key.kid !== undefined && !KID.test(key.kid)) {
    throw new KeyError('malformed', 'kid has 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -')
  }
  return key
}

/** Said before anything else is: whatever is wrong with it besides, it has left its place. */
function refuseSecret(input: PublicKeyInput): void {
  if (typeof input === 'string') {
    if (PRIVATE_PEM.test(input)) throw new KeyError('private', HALF)
    return
  }
  if (PRIVATE_MEMBERS.some((member) => member in input)) throw new KeyError('private', HALF)
  if (input.kty === 'oct' || 'k' in input) {
    throw new KeyError('unsupported', 'a secret, which both sides would know')
  }
  // Without it, importKey would look for PEM and secrets in the other members.
  if (!('kty' in input)) throw new KeyError('malformed', 'it has no kty')
}

type Members = JwkInput | { readonly pem: string; readonly alg?: never; readonly kid?: never }

const PUBLIC = { publicOnly: true } as const

function pinned(members: Members): Key {
  for (const alg of ALGORITHMS) {
    try {
      return importKey({ ...members, alg }, PUBLIC)
    } catch (error) {
      if (!(error instanceof KeyError && TRY_NEXT.includes(error.reason))) throw error
    }
  }
  throw new KeyError('unsupported', 'no algorithm takes it')
}

/** How a public key is kept and shown: its name, the thumbprint (RFC 7638) where it has none. */
export function describeKey(key: Key) {
  const thumbprint = thumbprintOf(key)
  const kid = key.kid ?? thumbprint
  return { kid, thumbprint, jwk: { ...publicJwk(key), kid } }
}

/** SPKI (RFC 7468 §13), with a newline at its end. */
export const publicPem = ({ keyObject }: Key): string =>
  keyObject.export({ format: 'pem', type: 'spki' }) as string
