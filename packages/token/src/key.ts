/**
 * Typed keys: an algorithm, key material and perhaps a name, tied together when the key is loaded
 * and unchangeable from then on. Whoever signs or verifies has one of these, and no text or bytes.
 * Knows nothing of how keys are written.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import type { Algorithm, KeyType } from './algorithms.ts'
import { encodeBase64url } from './base64url.ts'
import { isCleanText } from './json.ts'

/** More kinds of token than any program signs; a bound, because `typ` is the caller's text. */
const MAX_PREFIXES = 16

export interface KeyMaterial {
  /** The half that verifies: a public key, or the secret. */
  readonly keyObject: KeyObject
  /** The half that signs: a private key, or the secret. Absent from a key for verifying only. */
  readonly signingObject: KeyObject | undefined
}

export interface KeyPurpose {
  readonly kid: string | undefined
  readonly signs: boolean
  readonly verifies: boolean
}

/** Made by `importKey` and `generateKey` only. */
export class Key {
  readonly alg: string
  readonly kty: KeyType
  readonly kid: string | undefined
  /** The half that verifies: a public key, or the secret. */
  readonly keyObject: KeyObject
  readonly signs: boolean
  readonly verifies: boolean
  readonly #signingObject: KeyObject | undefined
  readonly #algorithm: Algorithm
  readonly #prefixes = new Map<string | undefined, string>()

  constructor(algorithm: Algorithm, material: KeyMaterial, { kid, signs, verifies }: KeyPurpose) {
    this.alg = algorithm.name
    this.kty = algorithm.kty
    this.kid = kid
    this.keyObject = material.keyObject
    this.signs = signs
    this.verifies = verifies
    this.#signingObject = material.signingObject
    this.#algorithm = algorithm
    Object.freeze(this)
  }

  /** The private key, or the secret. Undefined where the key is for verifying only. */
  get signingObject(): KeyObject | undefined {
    return this.#signingObject
  }

  /**
   * The signature, base64url. A promise for RSA only, which is signed on another thread.
   *
   * @param input Base64url and dots. Other characters are not the same bytes to each algorithm.
   * @throws {TypeError} When the key is for verifying only.
   */
  sign(input: string): string | Promise<string> {
    if (!this.signs) throw new TypeError('the key does not sign')
    return this.#algorithm.sign(this.#signingObject as KeyObject, input)
  }

  /** @param input As for `sign`. */
  verify(input: string, signature: Uint8Array): boolean {
    return this.#algorithm.verify(this.keyObject, input, signature)
  }

  /**
   * The encoded header of a token of this key and `typ`, with its dot. Encoded once.
   *
   * @throws {TypeError} For a `typ` that no verifier would read.
   */
  prefix(typ: string | undefined): string {
    let prefix = this.#prefixes.get(typ)
    if (prefix === undefined) {
      if (typ !== undefined && (typeof typ !== 'string' || !isCleanText(typ))) {
        throw new TypeError('typ is not a text without NUL and halves of surrogate pairs')
      }
      prefix = `${encodeBase64url(JSON.stringify({ typ, alg: this.alg, kid: this.kid }))}.`
      if (this.#prefixes.size < MAX_PREFIXES) this.#prefixes.set(typ, prefix)
    }
    return prefix
  }
}
