/**
 * Sets of keys, read strictly (RFC 7517 §5). What of a set is to be skipped is decided by whoever
 * fetched it; here one bad key is a bad set.
 *
 * @module
 */
import { KeyError } from './errors.ts'
import { type ImportOptions, importKey, type JwkInput } from './import-key.ts'
import type { Key } from './key.ts'
import { demandSet } from './keyring.ts'
import { snapshot } from './members.ts'

/** More than any service has in force at once. */
const MAX_KEYS = 100

/**
 * Loads the keys of a JWK Set that somebody publishes, to verify with.
 *
 * @param options `publicOnly` is true unless given: what is published holds no secret.
 * @throws {KeyError} `malformed` for what is no set of JWKs, or empty, or of more than 100; `duplicate`,
 *   `mixed`; and whatever `importKey` has against one of the keys.
 */
export function importJwks(
  set: { readonly keys: readonly JwkInput[] },
  options: ImportOptions = {},
): readonly Key[] {
  const { keys } = snapshot(set, 'a JWK Set')
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) {
    throw new KeyError('malformed', `keys is an array of 1 to ${MAX_KEYS} keys`)
  }
  const publicOnly = options.publicOnly ?? true
  // Not map(), which leaves holes as they are.
  return demandSet(Array.from(keys, (key) => importKey(jwkOf(key), { ...options, publicOnly })))
}

/** PEM and bare secrets, which `importKey` takes too, are no elements of a set. */
function jwkOf(key: unknown): JwkInput {
  const members = snapshot(key, 'a JWK')
  if (!('kty' in members)) throw new KeyError('malformed', 'a key of the set has no kty')
  return members as JwkInput
}
