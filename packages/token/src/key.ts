/**
 * Typed keys: an algorithm, key material and perhaps a name, tied together when the key is loaded
 * and unchangeable from then on. Nothing above this file handles key material as text or bytes, and
 * a key that must not be used never becomes one. Knows nothing of files or key servers.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { ALGORITHMS, type Algorithm } from './algorithms.ts'
import { encodeBase64url } from './base64url.ts'
import { KeyError } from './errors.ts'
import { isCleanText } from './json.ts'
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

export type ImportOptions = SecretOptions

/** More kinds of token than any program signs; a bound, because `typ` is the caller's text. */
const MAX_PREFIXES = 16

interface KeyPurpose {
  readonly kid: string | undefined
  readonly signs: boolean
  readonly verifies: boolean
}

/** Made by `importKey` only. */
export class Key {
  readonly alg: string
  readonly kid: string | undefined
  readonly keyObject: KeyObject
  readonly signs: boolean
  readonly verifies: boolean
  readonly #algorithm: Algorithm
  readonly #prefixes = new Map<string | undefined, string>()

  constructor(algorithm: Algorithm, keyObject: KeyObject, { kid, signs, verifies }: KeyPurpose) {
    this.alg = algorithm.name
    this.kid = kid
    this.keyObject = keyObject
    this.signs = signs
    this.verifies = verifies
    this.#algorithm = algorithm
    Object.freeze(this)
  }

  sign(input: string): string {
    return this.#algorithm.sign(this.keyObject, input)
  }

  verify(input: string, signature: Uint8Array): boolean {
    return this.#algorithm.verify(this.keyObject, input, signature)
  }

  /** The encoded header of a token of this key and `typ`, with its dot. Encoded once. */
  prefix(typ: string | undefined): string {
    let prefix = this.#prefixes.get(typ)
    if (prefix === undefined) {
      prefix = `${encodeBase64url(JSON.stringify({ typ, alg: this.alg, kid: this.kid }))}.`
      if (this.#prefixes.size < MAX_PREFIXES) this.#prefixes.set(typ, prefix)
    }
    return prefix
  }
}

type Members = Readonly<Record<string, unknown>>
type Reader = (input: Members, algorithm: Algorithm, options: ImportOptions) => KeyObject

/** How the keys of each `kty` are written. A form without a reader is not taken. */
const READERS: Record<Algorithm['kty'], { jwk: Reader; pem?: Reader; secret?: Reader }> = {
  oct: {
    jwk: ({ k }, algorithm, options) => secretKey(k, 'base64url', algorithm, options),
    secret: ({ secret, encoding = 'utf8' }, algorithm, options) =>
      secretKey(secret, encoding, algorithm, options),
  },
}

/**
 * Loads a key: a JWK, `{ pem, alg }` or `{ secret, alg }`. Everything that can be wrong with a key
 * is found here, at start, and never by the first token.
 *
 *     importKey({ secret: 'c2Vj...dA==', encoding: 'base64', alg: 'HS256' })
 *
 * @throws {KeyError} With a `reason`. No secret is ever part of the message.
 */
export function importKey(input: KeyInput, options: ImportOptions = {}): Key {
  const members = membersOf(input)
  const algorithm = algorithmOf(members)
  const form = formOf(members)
  if (form === 'jwk' && members.kty !== algorithm.kty) {
    throw new KeyError('wrong_kty', `${algorithm.name} takes kty ${algorithm.kty}`)
  }
  const read = READERS[algorithm.kty][form]
  if (read === undefined) throw new KeyError('unsupported', `${algorithm.name} takes no ${form}`)
  return new Key(algorithm, read(members, algorithm, options), purposeOf(members))
}

function membersOf(input: unknown): Members {
  if (typeof input !== 'object' || input === null) {
    throw new KeyError('malformed', 'expected a JWK, { pem, alg } or { secret, alg }')
  }
  return input as Members
}

function formOf(members: Members): 'jwk' | 'pem' | 'secret' {
  if ('kty' in members) return 'jwk'
  if ('pem' in members) return 'pem'
  return 'secret'
}

function algorithmOf({ alg }: Members): Algorithm {
  const algorithm = typeof alg === 'string' ? ALGORITHMS.get(alg) : undefined
  if (algorithm === undefined) {
    throw new KeyError('unknown_alg', `alg is one of ${[...ALGORITHMS.keys()].join(', ')}`)
  }
  return algorithm
}

/** RFC 7517 §4.2, §4.3. A key that also encrypts is refused: one key, one use. */
function purposeOf({ kid, use, key_ops: operations = ['sign', 'verify'] }: Members): KeyPurpose {
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || !isCleanText(kid))) {
    throw new KeyError('malformed', 'kid is a text that is not empty')
  }
  if (use !== undefined && use !== 'sig') throw new KeyError('wrong_use', 'use is not sig')
  if (
    !Array.isArray(operations) ||
    operations.length === 0 ||
    new Set(operations).size !== operations.length ||
    operations.some((operation) => operation !== 'sign' && operation !== 'verify')
  ) {
    throw new KeyError('wrong_use', 'key_ops holds other things than sign and verify')
  }
  return { kid, signs: operations.includes('sign'), verifies: operations.includes('verify') }
}
