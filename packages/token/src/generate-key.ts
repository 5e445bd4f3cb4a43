/**
 * New key pairs, for a service that rotates its own. Secrets are not made here: 64 random bytes are
 * one.
 *
 * @module
 */
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { KeyError } from './errors.ts'
import { thumbprintOf } from './export-key.ts'
import { algorithmOf, importKey } from './import-key.ts'
import type { PairKeyType } from './jwk.ts'
import type { Key } from './key.ts'
import { checkModulusBits } from './rsa.ts'

export interface GenerateOptions {
  /** Default: the thumbprint (RFC 7638). */
  readonly kid?: string | undefined
  /** The length of an RSA modulus, 2048 to 8192 bits. Default 2048. */
  readonly modulusBits?: number | undefined
}

const generatePair = promisify(generateKeyPair)

/**
 * Makes a key pair, on libuv's threads: an RSA key takes a tenth of a second.
 *
 * @throws {KeyError} `unsupported` for an algorithm of secrets, `unknown_alg`, and whatever
 *   `importKey` has against the key; against its length, before it is made.
 */
export async function generateKey(
  alg: string,
  { kid, modulusBits = 2048 }: GenerateOptions = {},
): Promise<Key> {
  const { kty, keyType, crv } = algorithmOf(alg)
  if (keyType === undefined) throw new KeyError('unsupported', `${alg} takes a secret`)
  if (kty === 'RSA') checkModulusBits(modulusBits)
  // Each kind of key takes what it knows of these options.
  const { privateKey } = await generatePair(keyType as 'rsa', {
    modulusLength: modulusBits,
    ...(crv !== undefined && { namedCurve: crv }),
  })
  const jwk = { ...privateKey.export({ format: 'jwk' }) }
  return importKey({ ...jwk, kty, alg, kid: kid ?? thumbprintOf(kty as PairKeyType, jwk) })
}
