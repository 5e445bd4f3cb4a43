/**
 * The keys that are in force at one moment: one signs, it and the others verify, so that tokens of
 * the key before outlive its replacement. A ring never changes; rotation makes a new one.
 *
 * @module
 */
import { KeyError } from './errors.ts'
import { Key } from './key.ts'

export class KeyRing {
  /** The key that new tokens are signed with. */
  readonly active: Key
  /** Every key that verifies, the active one first. */
  readonly keys: readonly Key[]
  readonly #anonymous: readonly Key[]
  // A Map and not an object: `__proto__` and `constructor` are ordinary, absent names.
  readonly #named = new Map<string, readonly Key[]>()

  /** @throws {KeyError} `wrong_use`, `duplicate` or `mixed`. */
  constructor(active: Key, verifying: readonly Key[] = []) {
    if (!active.signs) throw new KeyError('wrong_use', 'the active key does not sign')
    this.active = active
    this.keys = demandSet([active, ...verifying])
    this.#anonymous = this.keys.filter(({ kid }) => kid === undefined)
    for (const key of this.keys) {
      if (key.kid !== undefined) this.#named.set(key.kid, [key, ...this.#anonymous])
    }
    Object.freeze(this)
  }

  /** The keys that a token with this `kid`, or with none, may have been signed with. */
  candidates(kid: string | undefined): readonly Key[] {
    if (kid === undefined) return this.keys
    return this.#named.get(kid) ?? this.#anonymous
  }
}

/**
 * The keys, if they may stand beside each other.
 *
 * @throws {KeyError} `duplicate` for a kid or a key that is there twice, `mixed` for secrets beside
 *   public keys, which invite taking one for the other (RFC 8725 §2.1), `wrong_use`.
 */
export function demandSet(keys: readonly Key[]): readonly Key[] {
  const kids = new Set<string>()
  for (const [index, key] of keys.entries()) {
    if (!key.verifies) throw new KeyError('wrong_use', 'a key of the set does not verify')
    // Under another kid or alg it would still be one key with two uses (RFC 8725 §3.1).
    const isAgain = keys.slice(0, index).some((one) => one.keyObject.equals(key.keyObject))
    if (isAgain) throw new KeyError('duplicate', 'two keys are one')
    if (key.kid === undefined) continue
    if (kids.has(key.kid)) throw new KeyError('duplicate', 'two keys of one kid')
    kids.add(key.kid)
  }
  if (isMixed(keys)) throw new KeyError('mixed')
  return Object.freeze([...keys])
}

function isMixed(keys: readonly Key[]): boolean {
  const secrets = keys.filter(({ kty }) => kty === 'oct').length
  return secrets !== 0 && secrets !== keys.length
}

/** What a token may be checked with. */
export type VerificationKeys = Key | readonly Key[] | KeyRing

/** The same, looked at. */
export type CheckedKeys = readonly Key[] | KeyRing

/** @throws {TypeError} When there is no key, something else than keys that verify, or a mixture. */
export function demandKeys(keys: VerificationKeys): CheckedKeys {
  if (keys instanceof KeyRing) return keys
  const list = keys instanceof Key ? [keys] : keys
  if (!Array.isArray(list) || list.length === 0) throw new TypeError('no key to verify with')
  for (const key of list) {
    if (!(key instanceof Key)) throw new TypeError('a key is what importKey returns')
    if (!key.verifies) throw new TypeError('the key does not verify')
  }
  if (list.length > 1 && isMixed(list)) throw new TypeError('secrets and key pairs are mixed')
  return list
}

/** All of them, in a list. @throws {TypeError} As `demandKeys`. */
export function keysOf(keys: VerificationKeys): readonly Key[] {
  const checked = demandKeys(keys)
  return checked instanceof KeyRing ? checked.keys : checked
}

/**
 * The keys whose name does not contradict the token's. A kid is a hint (RFC 7515 §4.1.4): a token
 * or a key without one leaves the choice to the signature.
 */
export function candidates(keys: CheckedKeys, kid: string | undefined): readonly Key[] {
  if (keys instanceof KeyRing) return keys.candidates(kid)
  const fits = (key: Key) => kid === undefined || key.kid === undefined || key.kid === kid
  // Most lists are one key, for which filter would make another list.
  return keys.every(fits) ? keys : keys.filter(fits)
}
