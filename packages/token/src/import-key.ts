/**
 * Loading keys: which form, which algorithm, for what. A key that must not be used never becomes
 * one. Knows nothing of files or key servers.
 *
 * @module
 */
import { ALGORITHMS, type Algorithm, type KeyType } from './algorithms.ts'
import { KeyError } from './errors.ts'
import { isCleanText } from './json.ts'
import { readKeyPair } from './jwk.ts'
import { Key, type KeyMaterial, type KeyPurpose } from './key.ts'
import { type Members, snapshot } from './members.ts'
import { readPem } from './pem.ts'
import { type SecretEncoding, type SecretOptions, secretKey } from './secret.ts'

/** A JSON Web Key (RFC 7517 §4). `alg` is demanded: one key, one algorithm (RFC 8725 §3.1). */
export interface JwkInput {
  readonly kty: string
  readonly alg?: string
  readonly kid?: string
  readonly use?: string
  readonly key_ops?: readonly string[]
  readonly [member: string]: unknown
}

/** SPKI, PKCS#8, PKCS#1 or SEC1: one block, with nothing before or after it. */
export interface PemInput {
  readonly pem: string
  readonly alg: string
  readonly kid?: string | undefined
}

export interface SecretInput {
  readonly secret: string | Uint8Array
  readonly alg: string
  readonly kid?: string | undefined
  /** How a string is written. Default `utf8`: its characters are the secret. */
  readonly encoding?: SecretEncoding | undefined
}

export type KeyInput = JwkInput | PemInput | SecretInput

export interface ImportOptions extends SecretOptions {
  /** Refuses secrets and private keys: for what others publish. Default false. */
  readonly publicOnly?: boolean
}

type Form = 'jwk' | 'pem' | 'secret'
type Reader = (input: Members, algorithm: Algorithm, options: ImportOptions) => KeyMaterial

/** How keys are written. A form without a reader is not taken. */
const SECRETS: Partial<Record<Form, Reader>> = {
  jwk: ({ k }, algorithm, options) => secretKey(k, 'base64url', algorithm, options),
  secret: ({ secret, encoding = 'utf8' }, algorithm, options) =>
    secretKey(secret, encoding, algorithm, options),
}
const KEY_PAIRS: Partial<Record<Form, Reader>> = {
  jwk: readKeyPair,
  pem: ({ pem }, algorithm) => readKeyPair(readPem(pem, algorithm), algorithm),
}
const READERS: Record<KeyType, Partial<Record<Form, Reader>>> = {
  oct: SECRETS,
  RSA: KEY_PAIRS,
  EC: KEY_PAIRS,
  OKP: KEY_PAIRS,
  AKP: KEY_PAIRS,
}

/**
 * Loads a key: a JWK, `{ pem, alg }` or `{ secret, alg }`. Everything that can be wrong with a key
 * is found here, at start, and never by the first token. Of a key pair, the public half verifies;
 * the private one signs too.
 *
 *     importKey({ secret: 'c2Vj...dA==', encoding: 'base64', alg: 'HS256' })
 *
 * @throws {KeyError} With a `reason`. No secret is ever part of the message.
 */
export function importKey(input: KeyInput, options: ImportOptions = {}): Key {
  const members = snapshot(input, 'a JWK, { pem, alg } or { secret, alg }')
  const algorithm = algorithmOf(members.alg)
  const form = formOf(members)
  if (form === 'jwk' && members.kty !== algorithm.kty) {
    throw new KeyError('wrong_kty', `${algorithm.name} takes kty ${algorithm.kty}`)
  }
  const read = READERS[algorithm.kty][form]
  if (read === undefined) throw new KeyError('unsupported', `${algorithm.name} takes no ${form}`)
  const material = read(members, algorithm, options)
  if (options.publicOnly && material.signingObject !== undefined) throw new KeyError('private')
  return new Key(algorithm, material, purposeOf(members, material))
}

function formOf(members: Members): Form {
  if ('kty' in members) return 'jwk'
  if ('pem' in members) return 'pem'
  return 'secret'
}

/** @throws {KeyError} `unknown_alg`. */
export function algorithmOf(alg: unknown): Algorithm {
  const algorithm = typeof alg === 'string' ? ALGORITHMS.get(alg) : undefined
  if (algorithm === undefined) {
    throw new KeyError('unknown_alg', `alg is one of ${[...ALGORITHMS.keys()].join(', ')}`)
  }
  return algorithm
}

/** RFC 7517 §4.2, §4.3. A key that also encrypts is refused: one key, one use. */
function purposeOf(
  { kid, use, key_ops: operations }: Members,
  { keyObject, signingObject }: KeyMaterial,
): KeyPurpose {
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || !isCleanText(kid))) {
    throw new KeyError('malformed', 'kid is a text that is not empty')
  }
  if (use !== undefined && use !== 'sig') throw new KeyError('wrong_use', 'use is not sig')
  const allowed = operationsOf(operations)
  const signs = signingObject !== undefined && allowed.includes('sign')
  // What a private key may do says nothing of its public half, which is derived here.
  const verifies = signingObject === keyObject || !signs ? allowed.includes('verify') : true
  if (!signs && !verifies) throw new KeyError('wrong_use', 'a public key does not sign')
  return { kid, signs, verifies }
}

function operationsOf(operations: unknown = ['sign', 'verify']): readonly unknown[] {
  if (
    !Array.isArray(operations) ||
    operations.length === 0 ||
    new Set(operations).size !== operations.length ||
    operations.some((operation) => operation !== 'sign' && operation !== 'verify')
  ) {
    throw new KeyError('wrong_use', 'key_ops holds other things than sign and verify')
  }
  return operations
}
