/**
 * Keys written down: the public half to publish, the private half to store, the thumbprint to name
 * them by. A secret is never written.
 *
 * @module
 */
import { hash } from 'node:crypto'
import { KeyError } from './errors.ts'
import { PAIR_TYPES, type PairKeyType } from './jwk.ts'
import type { Key } from './key.ts'
import { keysOf, type VerificationKeys } from './keyring.ts'
import type { Members } from './members.ts'

/** What everybody may know of a key pair (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: string
  readonly use: 'sig'
  readonly alg: string
  readonly kid?: string
  readonly [member: string]: string | undefined
}

/** A JWK of both halves. Whoever has it signs. */
export interface PrivateJwk {
  readonly kty: string
  readonly alg: string
  readonly kid?: string
  readonly [member: string]: string | undefined
}

/**
 * The public half of a key.
 *
 * @throws {KeyError} `unsupported` for a secret.
 */
export function publicJwk(key: Key): PublicJwk {
  const members = requiredMembers(...pairOf(key))
  return { ...members, ...(key.kid && { kid: key.kid }), alg: key.alg, use: 'sig' }
}

/** What a service publishes of its keys (RFC 7517 §5). Secrets are left out. */
export function publicJwks(keys: VerificationKeys): { keys: PublicJwk[] } {
  const pairs = keysOf(keys).filter(({ kty }) => kty !== 'oct')
  return { keys: pairs.map(publicJwk) }
}

/**
 * Both halves, to be stored encrypted; `importKey` takes it back.
 *
 * @throws {KeyError} `unsupported` for a secret and for a key without its private half.
 */
export function privateJwk(key: Key): PrivateJwk {
  const jwk = privateHalf(key).export({ format: 'jwk' }) as Record<string, string>
  return { ...jwk, kty: key.kty, ...(key.kid && { kid: key.kid }), alg: key.alg }
}

/** Both halves as PKCS#8 PEM, without kid and algorithm. @throws {KeyError} As `privateJwk`. */
export function privatePem(key: Key): string {
  return privateHalf(key).export({ format: 'pem', type: 'pkcs8' }) as string
}

/**
 * The SHA-256 thumbprint of the public half, base64url (RFC 7638 §3, RFC 9964 §6).
 *
 * @throws {KeyError} `unsupported` for a secret: its hash would help to guess it.
 */
export function thumbprint(key: Key): string {
  return thumbprintOf(...pairOf(key))
}

/** The thumbprint of the key that a JWK is, whatever else it has. */
export function thumbprintOf(kty: PairKeyType, jwk: Members): string {
  const members = Object.entries(requiredMembers(kty, jwk)).sort(([a], [b]) => (a < b ? -1 : 1))
  return hash('sha256', JSON.stringify(Object.fromEntries(members)), 'base64url')
}

function pairOf({ kty, keyObject }: Key): [kty: PairKeyType, jwk: Members] {
  if (kty === 'oct') throw new KeyError('unsupported', 'a secret has no public half')
  return [kty, { ...keyObject.export({ format: 'jwk' }) }]
}

function requiredMembers(kty: PairKeyType, jwk: Members): { kty: string } {
  const names = PAIR_TYPES[kty].publicMembers
  return { kty, ...Object.fromEntries(names.map((name) => [name, jwk[name]])) }
}

function privateHalf({ kty, signingObject }: Key) {
  if (kty !== 'oct' && signingObject !== undefined) return signingObject
  throw new KeyError('unsupported', 'the key has no private half')
}
